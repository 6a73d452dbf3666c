import fc from "fast-check";
import { expect, test } from "vitest";
import { judgeRefusal, type Manner, neverTold, told } from "../../../src/gateway/insistence.ts";
import { createRig } from "./gateway-rig.ts";

const rules = { tolerated: { ratePerSecond: 1, burst: 10 }, slowBelow: 5 };

interface Refused {
  /** Monotonic ms. */
  readonly now: number;
  readonly waitMs: number;
}

/** Each is told before the next one comes. */
function mannersOf(refusals: readonly Refused[]): Manner[] {
  let state = neverTold;
  return refusals.map(({ now, waitMs }) => {
    const { manner, insistence } = judgeRefusal(rules, state, now);
    state = told(insistence, now + waitMs);
    return manner;
  });
}

test("a client that keeps to the times it is told is always refused plainly, however often", () => {
  const waits = fc.array(fc.integer({ min: 1, max: 5_000 }), { maxLength: 200 });
  fc.assert(
    fc.property(waits, (all) => {
      let now = 0;
      const refusals = all.map((waitMs) => {
        const refused = { now, waitMs };
        now += waitMs;
        return refused;
      });
      expect(mannersOf(refusals).every((manner) => manner === "plain")).toBe(true);
    }),
  );
});

test("a client that goes on is refused plainly for what was on its way, then slowly, then closed", () => {
  const manners = mannersOf(Array.from({ length: 13 }, () => ({ now: 1_000, waitMs: 500 })));
  expect(manners.map((manner) => manner[0]).join("")).toBe("ppppppssssscc");
});

test("of two waits that a client was told the later end counts, in either order", () => {
  for (const waits of [
    [5_000, 100],
    [100, 5_000],
  ]) {
    const state = waits.reduce((before, waitMs) => told(before, 1_000 + waitMs), neverTold);
    const judged = judgeRefusal(rules, state, 5_999);
    expect(judged.insistence.bucket).toBeDefined();
    expect(judgeRefusal(rules, state, 6_000).insistence).toBe(state);
  }
});

test("who stops insisting is forgiven at the rate that is tolerated", () => {
  const insisting = Array.from({ length: 11 }, () => ({ now: 1_000, waitMs: 500 }));
  const again = [0, 1].map((ms) => ({ now: 61_000 + ms, waitMs: 500 }));
  expect(mannersOf([...insisting, ...again]).slice(-2)).toEqual(["plain", "plain"]);
});

test("through the gateway: what comes before the client is told is answered; then its answers come late, then it is sent away with a reason and a time", async () => {
  const rig = createRig({ limits: { insistence: rules, userRate: { ratePerSecond: 0.001, burst: 1 } } });
  const mallory = rig.open("mallory");
  const alice = rig.open("alice");
  const answers: unknown[] = [];
  const nag = (): void => void mallory.ask("typing:set", {}).then((answer) => answers.push(answer));
  for (let i = 0; i < 50; i++) nag();
  await rig.clock.advance(0);
  expect(answers).toHaveLength(50);
  for (let i = 0; i < 5; i++) nag();
  await rig.clock.advance(0);
  expect(answers).toHaveLength(55);
  nag();
  await rig.clock.advance(999);
  expect(answers).toHaveLength(55);
  await rig.clock.advance(1);
  expect(answers.at(-1)).toMatchObject({ ok: false, error: { code: "RATE_LIMITED" } });
  for (let i = 0; i < 20; i++) nag();
  await rig.clock.advance(1_000);
  expect(mallory.closed()).toBe(true);
  expect(mallory.pushes).toEqual([{ event: "server:reconnect", payload: { afterMs: 15_000, reason: "rate" } }]);
  expect(await alice.ask("room:join", { room: "r" })).toMatchObject({ ok: true });
});

test("history reads are counted apart from sends", async () => {
  const rig = createRig({ limits: { historyRate: { ratePerSecond: 1, burst: 1 } } });
  const alice = rig.open("alice");
  await alice.ask("room:join", { room: "r" });
  expect(await alice.ask("history:get", { room: "r" })).toMatchObject({ ok: true });
  expect(await alice.ask("history:get", { room: "r" })).toMatchObject({ error: { retryAfterMs: 1_000 } });
  expect(await alice.ask("message:send", { room: "r", id: "m", text: "x" })).toMatchObject({ ok: true });
});
