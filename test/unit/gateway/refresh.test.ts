import fc from "fast-check";
import { expect, test } from "vitest";
import type { Principal, TokenVerifier } from "../../../src/gateway/ports.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { createRig } from "./gateway-rig.ts";

const clock = new ManualClock();
const moderate = [{ room: "**", can: ["read", "write", "moderate"] }] as const;
const read = [{ room: "**", can: ["read"] }] as const;

/** A token of alice is the time of its issue, or `-` where it says none. Those of the first ten moderate, all others read. */
function principalOf(token: string): Principal {
  const issuedAt = token === "-" ? undefined : Number(token);
  const grants = issuedAt !== undefined && issuedAt < 10 ? moderate : read;
  const issued = issuedAt === undefined ? {} : { issuedAt };
  return { id: "alice", grants, admin: false, expiresAt: clock.now() + 3_600_000, ...issued };
}

const verifier: TokenVerifier = { verify: (token) => Promise.resolve(principalOf(token)) };
const forbidden = { ok: false, error: { code: "FORBIDDEN" } };

function open(token: string) {
  return createRig({ verifier, clock, limits: { userRate: { ratePerSecond: 1_000, burst: 1_000 } } }).open(
    "alice",
    principalOf(token),
  );
}

test("an older token with more rights, sent again, does not give them back", async () => {
  const alice = open("5");
  expect(await alice.ask("room:join", { room: "r" })).toMatchObject({ you: { can: ["read", "write", "moderate"] } });
  expect(await alice.ask("auth:refresh", { token: "20" })).toMatchObject({ ok: true });
  expect(await alice.ask("auth:refresh", { token: "5" })).toMatchObject(forbidden);
  expect(await alice.ask("room:join", { room: "r" })).toMatchObject({ you: { can: ["read"] } });
});

test("a token that does not say when it was issued does not take the place of one that does", async () => {
  const alice = open("5");
  expect(await alice.ask("auth:refresh", { token: "-" })).toMatchObject(forbidden);
  const bob = open("-");
  for (const token of ["-", "5"]) expect(await bob.ask("auth:refresh", { token })).toMatchObject({ ok: true });
  expect(await bob.ask("auth:refresh", { token: "-" })).toMatchObject(forbidden);
});

test("whatever tokens a connection brings, its time of issue never goes back", async () => {
  const tokens = fc.array(fc.oneof(fc.constant("-"), fc.nat(30).map(String)), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(tokens, async (offered) => {
      const alice = open("-");
      let newest: string | undefined;
      for (const token of offered) {
        const isTaken = newest === undefined || (token !== "-" && Number(token) >= Number(newest));
        expect(await alice.ask("auth:refresh", { token })).toMatchObject({ ok: isTaken });
        if (isTaken && token !== "-") newest = token;
      }
    }),
    { numRuns: 50 },
  );
});
