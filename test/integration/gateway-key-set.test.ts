import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { createServer, type Server } from "node:http";
import { SignJWT } from "jose";
import { expect, test } from "vitest";
import { createTokenVerifier } from "../../src/adapters/jose/token-verifier.ts";
import type { TokenVerifier } from "../../src/gateway/ports.ts";
import { ManualClock } from "../../src/kernel/manual-clock.ts";
import { portOf } from "../harness/port-of.ts";

interface Issuer extends AsyncDisposable {
  readonly verifier: TokenVerifier;
  readonly clock: ManualClock;
  /** Tokens that were checked with overdue keys. */
  stale(): number;
  fetches(): number;
  /** What the verifier said of its fetches. */
  readonly told: readonly string[];
  /** From now on it answers every fetch with this status and body; without them as it should. */
  answerWith(failure?: { readonly status: number; readonly body: string }): void;
  /** Takes a key out of the set. */
  revoke(kid: string): void;
  /** Publishes a new key under this id beside the others, and signs with it from now on. */
  rotate(kid: string): void;
  sign(kid: string, header?: object): Promise<string>;
  stop(): Promise<void>;
}

const hourMs = 3_600_000;
const minuteMs = 60_000;

async function startIssuer(): Promise<Issuer> {
  const clock = new ManualClock(Date.now());
  const keys = new Map<string, { readonly publicKey: KeyObject; readonly privateKey: KeyObject }>();
  const told: string[] = [];
  let fetches = 0;
  let stale = 0;
  let failure: { readonly status: number; readonly body: string } | undefined;
  const server = createServer((_request, response) => {
    fetches += 1;
    if (failure !== undefined) {
      response.writeHead(failure.status).end(failure.body);
      return;
    }
    const jwks = [...keys].map(([kid, { publicKey }]) => ({
      ...publicKey.export({ format: "jwk" }),
      kid,
      alg: "ES256",
    }));
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ keys: jwks }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${portOf(server)}/keys`;
  const stop = (): Promise<void> => close(server);
  return {
    verifier: createTokenVerifier({
      keys: {
        keySet: {
          url,
          staleIfErrorMs: 24 * hourMs,
          clock,
          onFetch: (result) => void told.push(result),
          onStale: () => (stale += 1),
        },
      },
      defaultGrants: [],
      clock,
    }),
    clock,
    stale: () => stale,
    answerWith: (given) => (failure = given),
    revoke: (kid) => void keys.delete(kid),
    fetches: () => fetches,
    told,
    rotate: (kid) => void keys.set(kid, generateKeyPairSync("ec", { namedCurve: "prime256v1" })),
    sign: async (kid, header = { kid }) => {
      const key = keys.get(kid)?.privateKey;
      if (key === undefined) throw new TypeError("no such key");
      const claims = { sub: "alice", exp: Math.floor(clock.now() / 1_000) + 7 * 24 * 3_600 };
      return new SignJWT(claims).setProtectedHeader({ alg: "ES256", ...header }).sign(key);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

test("tokens verify against a fetched key set, which is fetched once", async () => {
  await using issuer = await startIssuer();
  issuer.rotate("one");
  issuer.rotate("two");
  const tokens = [await issuer.sign("one"), await issuer.sign("two"), await issuer.sign("two", {})];
  for (const token of tokens) expect(await issuer.verifier.verify(token)).toMatchObject({ id: "alice" });
  expect(issuer.fetches()).toBe(1);
  expect(issuer.told).toEqual(["ok"]);
});

test("forged key ids do not make the issuer be asked again and again", async () => {
  await using issuer = await startIssuer();
  issuer.rotate("one");
  await issuer.verifier.verify(await issuer.sign("one"));
  for (let i = 0; i < 20; i++) {
    const forged = await issuer.sign("one", { kid: `forged${i}` });
    await expect(issuer.verifier.verify(forged)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  }
  expect(issuer.fetches()).toBe(1);
});

test("while the key set can't be fetched, nobody is told that his token is bad", async () => {
  await using issuer = await startIssuer();
  issuer.rotate("one");
  const token = await issuer.sign("one");
  await issuer.stop();
  await expect(issuer.verifier.verify(token)).rejects.toMatchObject({ code: "UNAVAILABLE", retryAfterMs: 2_000 });
  expect(issuer.told).toEqual(["failed"]);
});

test("tokens of known keys are taken for a day while the key set is away, counted, and asked for seldom", async () => {
  await using issuer = await startIssuer();
  issuer.rotate("one");
  const token = await issuer.sign("one");
  await issuer.verifier.verify(token);
  await issuer.stop();
  for (let minutes = 0; minutes < 23 * 60; minutes += 11) {
    await issuer.clock.advance(11 * minuteMs);
    for (let i = 0; i < 5; i++) expect(await issuer.verifier.verify(token)).toMatchObject({ id: "alice" });
  }
  expect(issuer.stale()).toBe(issuer.told.filter((result) => result === "failed").length * 5);
  await issuer.clock.advance(2 * hourMs);
  await expect(issuer.verifier.verify(token)).rejects.toMatchObject({ code: "UNAVAILABLE", retryAfterMs: 2_000 });
});

test.each([
  { status: 500, body: "{}" },
  { status: 200, body: "<html>" },
  { status: 200, body: '{"keys":7}' },
  { status: 302, body: "" },
])("a key set that answers %j does not replace the last good one", async (failure) => {
  await using issuer = await startIssuer();
  issuer.rotate("one");
  const token = await issuer.sign("one");
  await issuer.verifier.verify(token);
  issuer.answerWith(failure);
  await issuer.clock.advance(10 * minuteMs);
  expect(await issuer.verifier.verify(token)).toMatchObject({ id: "alice" });
  expect(issuer.told).toEqual(["ok", "failed"]);
});

test("a token of a new key is told to come back while the key set is away, and is taken when it is there again", async () => {
  await using issuer = await startIssuer();
  issuer.rotate("one");
  await issuer.verifier.verify(await issuer.sign("one"));
  issuer.rotate("two");
  const token = await issuer.sign("two");
  issuer.answerWith({ status: 503, body: "" });
  await issuer.clock.advance(minuteMs);
  for (let i = 0; i < 20; i++)
    await expect(issuer.verifier.verify(token)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(issuer.fetches()).toBe(2);
  issuer.answerWith();
  await issuer.clock.advance(minuteMs / 2);
  expect(await issuer.verifier.verify(token)).toMatchObject({ id: "alice" });
  expect(issuer.stale()).toBe(0);
});

test("a key that its issuer took away is refused ten minutes later, and at once after an outage", async () => {
  await using issuer = await startIssuer();
  for (const kid of ["one", "two"]) issuer.rotate(kid);
  const token = await issuer.sign("one");
  await issuer.verifier.verify(token);
  issuer.revoke("one");
  await issuer.clock.advance(10 * minuteMs - 1);
  expect(await issuer.verifier.verify(token)).toMatchObject({ id: "alice" });
  issuer.answerWith({ status: 503, body: "" });
  await issuer.clock.advance(1);
  expect(await issuer.verifier.verify(token)).toMatchObject({ id: "alice" });
  issuer.answerWith();
  await issuer.clock.advance(minuteMs / 2);
  await expect(issuer.verifier.verify(token)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
});

test("a gateway without any keys asks again after two seconds, not for each token", async () => {
  await using issuer = await startIssuer();
  issuer.rotate("one");
  const token = await issuer.sign("one");
  issuer.answerWith({ status: 503, body: "" });
  const all = await Promise.allSettled(Array.from({ length: 20 }, () => issuer.verifier.verify(token)));
  expect(all.every(({ status }) => status === "rejected")).toBe(true);
  issuer.answerWith();
  await issuer.clock.advance(1_999);
  await expect(issuer.verifier.verify(token)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(issuer.fetches()).toBe(1);
  await issuer.clock.advance(1);
  expect(await issuer.verifier.verify(token)).toMatchObject({ id: "alice" });
});
