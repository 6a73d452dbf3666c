import { describe, expect, test } from "vitest";
import { Loop } from "../../../src/controller/loop.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { silentLogger } from "../../../src/telemetry/logger.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";

interface Rig {
  readonly clock: ManualClock;
  readonly loop: Loop;
  /** When each round began, ms. */
  readonly rounds: number[];
  readonly stop: () => Promise<void>;
}

function run(step: (round: number) => Promise<void> = () => Promise.resolve()): Rig {
  const clock = new ManualClock();
  const rounds: number[] = [];
  const stopping = new AbortController();
  const loop = new Loop({
    name: "platform",
    step: () => {
      rounds.push(clock.monotonic());
      return step(rounds.length);
    },
    everyMs: 5_000,
    leastMs: 500,
    clock,
    random: () => 0,
    logger: silentLogger,
    metrics: createMetrics({ processMetrics: false }),
  });
  const done = loop.run(stopping.signal);
  return { clock, loop, rounds, stop: () => (stopping.abort(), done) };
}

describe("Loop", () => {
  test("goes round at its interval", async () => {
    const { clock, rounds, stop } = run();
    await clock.advance(10_000);
    expect(rounds).toEqual([0, 5_000, 10_000]);
    await stop();
  });

  test("goes round soon after it is woken, however often that happens", async () => {
    const { clock, loop, rounds, stop } = run();
    await clock.advance(1_000);
    loop.wake();
    loop.wake();
    await clock.advance(100);
    expect(rounds).toEqual([0, 1_000]);
    for (let i = 0; i < 9; i++) {
      loop.wake();
      await clock.advance(100);
    }
    expect(rounds).toEqual([0, 1_000, 1_500, 2_000]);
    await stop();
  });

  test("goes round again for what happened during a round", async () => {
    const { clock, rounds, loop, stop } = run(async (round) => {
      await Promise.resolve();
      if (round === 1) loop.wake();
    });
    await clock.advance(600);
    expect(rounds).toEqual([0, 500]);
    await stop();
  });

  test("tries again after a failure, later and later, and not at all once it is stopped", async () => {
    const { clock, rounds, stop } = run(() => Promise.reject(new Error("no")));
    await clock.advance(2_000);
    expect(rounds).toEqual([0, 250, 750, 1_750]);
    await stop();
    await clock.advance(60_000);
    expect(rounds).toHaveLength(4);
  });

  test("tries again as soon after a later failure as after the first one", async () => {
    const { clock, rounds, stop } = run((round) => (round === 4 ? Promise.resolve() : Promise.reject(new Error("no"))));
    await clock.advance(7_100);
    expect(rounds).toEqual([0, 250, 750, 1_750, 6_750, 7_000]);
    await stop();
  });

  test("keeps its interval after it was woken once", async () => {
    const { clock, loop, rounds, stop } = run();
    await clock.advance(1_000);
    loop.wake();
    await clock.advance(5_999);
    expect(rounds).toEqual([0, 1_000, 6_000]);
    await stop();
  });
});
