import fc from "fast-check";
import { expect, test } from "vitest";
import { stopBudget } from "../../../src/roles/stop-budget.ts";
import { fromWorker, toWorker } from "../../../src/roles/workers-messages.ts";
import { planRestart } from "../../../src/roles/workers-restart.ts";

test("a worker that ends for the first time is replaced within a moment", () => {
  expect(planRestart(0, 5_000, 0.999).delayMs).toBeLessThanOrEqual(200);
});

test("one that ends again and again is replaced ever later, up to half a minute", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 20, maxLength: 20 }),
      (randoms) => {
        let failures = 0;
        const delays = randoms.map((random) => {
          const restart = planRestart(failures, 100, random);
          failures = restart.failures;
          return restart.delayMs;
        });
        expect(failures).toBe(20);
        expect(Math.max(...delays)).toBeLessThanOrEqual(30_000);
        expect(delays.at(-1)).toBeGreaterThanOrEqual(15_000);
      },
    ),
  );
});

test("a long life clears the memory of earlier ends", () => {
  expect(planRestart(12, 60_000, 0.5)).toEqual(planRestart(0, 100, 0.5));
});

test("what is not ours among the messages of primary and worker is not read", () => {
  const others = [undefined, null, 7, "stop", { type: "sticky:connection" }, { weir: "other" }, { weir: "metrics" }];
  for (const message of others) {
    expect(fromWorker(message)).toBeUndefined();
    expect(toWorker(message)).toBeUndefined();
  }
  expect(fromWorker({ weir: "health", ready: true })).toEqual({ weir: "health", ready: true });
  expect(fromWorker({ weir: "metrics", ask: 1, snapshot: [] })).toEqual({ weir: "metrics", ask: 1, snapshot: [] });
  expect(toWorker({ weir: "stop" })).toEqual({ weir: "stop" });
  expect(toWorker({ weir: "metrics", ask: 1 })).toEqual({ weir: "metrics", ask: 1 });
});

test("a process has ended 25 s after its drain window, whatever happens", () => {
  expect(stopBudget(60_000)).toEqual({ drainMs: 65_000, stopMs: 5_000, exitMs: 85_000 });
});
