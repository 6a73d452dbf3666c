import { expect, test } from "vitest";
import { OutboundGates } from "../../../src/adapters/socketio/outbound-gates.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { silentLogger } from "../../../src/telemetry/logger.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";
import { event, messages, Pipe } from "./gate-rig.ts";

const limits = { maxBytes: 100_000, maxMessages: 500, maxAgeMs: 60_000, stuckMs: 60_000, answerBytes: 100_000 };

/** Clients that do not read, of whom each has so many messages waiting. */
function slowClients(waiting: readonly number[]) {
  const clock = new ManualClock();
  const metrics = createMetrics({ processMetrics: false });
  const lines: object[] = [];
  const logger = { ...silentLogger, warn: (fields: object) => void lines.push(fields) };
  const gates = new OutboundGates({ limits, clock, metrics, logger });
  const cut: number[] = [];
  const pipes = waiting.map((count, client) => {
    const pipe = new Pipe();
    gates.guard(pipe, () => void cut.push(client), pipe.stream);
    gates.of(pipe)?.attach({ user: `u${client}`, resync: () => undefined, unconfirmedFor: () => 0 });
    pipe.stall();
    for (const data of ["a", "b"]) pipe.write(data);
    for (let i = 1; i <= count; i++) pipe.write(messages("r", i));
    return pipe;
  });
  const metric = async (line: string): Promise<boolean> => (await metrics.scrape()).text.includes(`${line}\n`);
  return { clock, gates, pipes, cut, lines, metric };
}

test("when memory is short the slowest go first, and as many as are asked for", async () => {
  const { clock, gates, cut, lines, metric } = slowClients([3, 40, 0, 20]);
  await clock.advance(5_000);
  expect(gates.closeSlowest(2)).toBe(2);
  expect(cut).toEqual([]);
  await clock.advance(0);
  expect(cut).toEqual([1, 3]);
  expect(lines).toMatchObject([
    { user: "u1", cause: "memory" },
    { user: "u3", cause: "memory" },
  ]);
  expect(await metric('weir_slow_client_closes_total{cause="memory"} 2')).toBe(true);
});

test("what waits for all clients is added up by class, with the age of the oldest", async () => {
  const { clock, pipes, metric } = slowClients([1, 1]);
  await clock.advance(2_000);
  const typing = event("typing", { room: "r" });
  pipes[0]?.write(typing);
  pipes[1]?.write("answer");
  await clock.advance(3_000);
  expect(await metric(`weir_outbound_queue_bytes{class="durable"} ${2 * messages("r", 1).length}`)).toBe(true);
  expect(await metric(`weir_outbound_queue_bytes{class="ephemeral"} ${typing.length}`)).toBe(true);
  expect(await metric(`weir_outbound_queue_bytes{class="kept"} ${"answer".length}`)).toBe(true);
  expect(await metric("weir_outbound_queue_oldest_seconds 5")).toBe(true);
  expect(await metric('weir_slow_clients{state="waiting"} 2')).toBe(true);
  for (const pipe of pipes) pipe.resume();
  expect(await metric('weir_outbound_queue_bytes{class="durable"} 0')).toBe(true);
  expect(await metric("weir_outbound_queue_oldest_seconds 0")).toBe(true);
  expect(await metric('weir_slow_clients{state="waiting"} 0')).toBe(true);
  expect(await metric("weir_outbound_wait_seconds_sum 10")).toBe(true);
});
