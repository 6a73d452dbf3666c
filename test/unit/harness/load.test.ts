import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkRun } from "../../harness/checker.ts";
import { ChatLoad } from "../../harness/load.ts";
import { everyoneAtTheEnd } from "../../harness/load-end.ts";
import { everything } from "../../harness/load-plan.ts";
import { seededRandom } from "../../harness/seeded-random.ts";
import { StubGateway } from "./stub-gateway.ts";

let gateway: StubGateway;
let load: ChatLoad;

beforeEach(async () => {
  gateway = new StubGateway();
  await gateway.start();
  const { url } = gateway;
  load = new ChatLoad({
    seed: 7,
    secret: "a secret that is long enough for HS256",
    clients: [
      { id: "ann", url, rooms: ["a", "b"] },
      { id: "bob", url, rooms: ["b", "c"] },
      { id: "eve", url, rooms: ["a", "c"] },
    ],
    ratePerSecond: 3_000,
    mix: everything,
  });
  await load.join();
});

afterEach(async () => {
  load.close();
  await gateway[Symbol.asyncDispose]();
});

async function runTo(acked: number, meanwhile: () => void = () => {}): Promise<string[]> {
  load.begin();
  await load.reach(acked / 2);
  meanwhile();
  await load.reach(acked);
  await load.finish();
  await everyoneAtTheEnd(load, gateway.history());
  return [...new Set(checkRun({ ops: load.ops, history: gateway.history() }).map(({ invariant }) => invariant))];
}

describe("a load", () => {
  test("keeps a journal that a good server passes", async () => {
    expect(await runTo(1_500)).toEqual([]);
    expect(load.pending).toBe(0);
    expect(load.ops.filter(({ op }) => op === "deliver").length).toBeGreaterThanOrEqual(3_000);
  });

  test("retries with the same id and catches up after a crash, lost answers and lost publications", {
    timeout: 60_000,
  }, async () => {
    const random = seededRandom(1);
    gateway.answerUnavailable = () => random() < 0.05;
    gateway.losePush = () => random() < 0.01;
    const crash = (): void => {
      gateway.losePush = () => false;
      gateway.dropAll();
    };
    expect(await runTo(1_500, crash)).toEqual([]);
    expect(load.ops.some((op) => op.op === "ok" && op.attempt > 1)).toBe(true);
  });

  test("sends every kind of entry at every tier, and hears how far its rooms are stored", async () => {
    expect(await runTo(1_500)).toEqual([]);
    const sent = load.ops.flatMap((op) => (op.op === "invoke" ? [op] : []));
    expect(new Set(sent.map(({ kind }) => kind))).toEqual(new Set(["message", "edit", "delete", "reaction"]));
    expect(new Set(sent.map(({ tier }) => tier))).toEqual(new Set([undefined, "fast", "safe", "stored"]));
    expect(load.ops.some(({ op }) => op === "stored")).toBe(true);
  });

  test("shows a server that says that more is stored than there is", async () => {
    gateway.overstate = () => true;
    expect(await runTo(300)).toEqual(["I14"]);
  });

  test("shows a server that forgets what it acknowledged", async () => {
    const random = seededRandom(2);
    gateway.forget = () => random() < 0.01;
    expect(await runTo(1_000)).toContain("I1");
  });
});

test("seeded numbers repeat by seed, spread evenly, and differ by seed", () => {
  const draw = (seed: number): number[] => {
    const random = seededRandom(seed);
    return Array.from({ length: 10_000 }, () => random());
  };
  expect(draw(5)).toEqual(draw(5));
  expect(draw(5).slice(0, 10)).not.toEqual(draw(6).slice(0, 10));
  const tenths = Array.from({ length: 10 }, (_, i) => draw(5).filter((n) => Math.floor(n * 10) === i).length);
  for (const count of tenths) expect(Math.abs(count - 1_000)).toBeLessThan(150);
});
