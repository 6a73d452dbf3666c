import { expect, test } from "vitest";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { AlwaysLeader } from "../../../src/leadership/always-leader.ts";
import { silentLogger } from "../../../src/telemetry/logger.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";

test("the only process leads from start to stop, and begins again when its work fails", async () => {
  const clock = new ManualClock();
  const metrics = createMetrics({ processMetrics: false });
  const tokens: number[] = [];
  const lead = async (token: number, signal: AbortSignal): Promise<void> => {
    tokens.push(token);
    if (tokens.length === 1) throw new Error("a bad start");
    await clock.sleep(1_000_000, signal);
  };
  const leader = new AlwaysLeader({ led: { lead }, clock, logger: silentLogger, metrics, retryMs: 500 });
  await leader.start();
  await clock.advance(0);
  await clock.advance(10_000);
  expect(tokens).toEqual([1, 1]);
  expect((await metrics.scrape()).text).toMatch(/^weir_leader 1$/m);
  await leader.stop();
  await leader.stop();
  expect((await metrics.scrape()).text).toMatch(/^weir_leader 0$/m);
});
