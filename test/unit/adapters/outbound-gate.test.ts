import { expect, test } from "vitest";
import { createGateRig, event, messages } from "./gate-rig.ts";

test("while the client takes everything, everything passes at once and in order", () => {
  const { pipe } = createGateRig();
  for (let i = 1; i <= 100; i++) pipe.write(messages("r", i));
  expect(pipe.received.length).toBe(100);
});

test("a frame that is encoded for a whole room goes straight to the stream, unless something waits or the connection ends", () => {
  const { pipe } = createGateRig();
  const broadcast = (name: string): void =>
    void pipe.write(name, { wsPreEncodedFrame: [Buffer.from("<"), Buffer.from(name)] });
  broadcast("a");
  pipe.write("b");
  broadcast("c");
  expect(pipe.received).toEqual(["frame <a", "b", "frame <c"]);
  pipe.stream.writableLength = 1;
  broadcast("d");
  pipe.stream.writableLength = 0;
  pipe.readyState = "closing";
  broadcast("e");
  pipe.readyState = "open";
  pipe.stall();
  for (const name of ["f", "g"]) pipe.write(name);
  broadcast("h");
  pipe.resume();
  expect(pipe.received.slice(3)).toEqual(["d", "e", "f", "g", "h"]);
});

test("when the client stops, one packet waits in the engine and the rest can be taken back", () => {
  const { pipe } = createGateRig();
  pipe.stall();
  for (let i = 1; i <= 20; i++) pipe.write(messages("r", i));
  expect(pipe.given).toBe(2);
  pipe.step();
  pipe.step();
  expect(pipe.given).toBe(18);
  pipe.resume();
  expect(pipe.received).toEqual(Array.from({ length: 20 }, (_, i) => messages("r", i + 1)));
});

test("step one: what is ephemeral and too old expires, a stored mark does not", async () => {
  const { pipe, clock, metric } = createGateRig({ maxAgeMs: 1_000 });
  pipe.stall();
  for (const data of ["a", "b"]) pipe.write(data);
  pipe.write(event("typing", { room: "r" }));
  pipe.write(event("stored", { room: "r", seq: 2 }));
  await clock.advance(3_000);
  expect(await metric('weir_outbound_dropped_total{class="ephemeral",step="expire"} 1')).toBe(true);
  expect(await metric('weir_slow_client_steps_total{step="expire"} 1')).toBe(true);
  pipe.resume();
  expect(pipe.received).toEqual(["a", "b", event("stored", { room: "r", seq: 2 })]);
});

test("step two: ephemeral events go before any message does", async () => {
  const { pipe, metric } = createGateRig();
  pipe.stall();
  for (const data of ["a", "b"]) pipe.write(data);
  for (let i = 1; i <= 10; i++) pipe.write(event("typing", { room: "r", i }));
  for (let i = 1; i <= 20; i++) pipe.write(messages("r", i));
  pipe.resume();
  expect(pipe.received).toEqual(["a", "b", ...Array.from({ length: 20 }, (_, i) => messages("r", i + 1))]);
  expect(await metric('weir_slow_client_steps_total{step="drop-ephemeral"} 1')).toBe(true);
});

test("step three: the messages are thrown away, and the client is told from where on for each room; answers are kept", async () => {
  const { pipe, metric } = createGateRig();
  pipe.stall();
  for (const data of ["a", "b"]) pipe.write(data);
  for (let i = 5; i <= 14; i++) for (const room of ["r", "s"]) pipe.write(messages(room, i));
  pipe.write('3/chat,7[{"ok":true}]');
  pipe.write(messages("r", 15, 3));
  pipe.write(messages("r", 18));
  pipe.write(messages("other", 1));
  expect(await metric('weir_outbound_dropped_total{class="durable",step="resync"} 24')).toBe(true);
  expect(await metric('weir_slow_client_steps_total{step="resync"} 1')).toBe(true);
  pipe.resume();
  const told = (room: string): string => event("room:resync", { room, from: { epoch: "1", seq: 4 }, reason: "slow" });
  expect(pipe.received).toEqual(["a", "b", '3/chat,7[{"ok":true}]', told("r"), told("s"), messages("other", 1)]);
  pipe.write(messages("r", 19));
  expect(pipe.received.at(-1)).toBe(messages("r", 19));
});

test("messages that wait too long are thrown away too", async () => {
  const { pipe, clock } = createGateRig();
  pipe.stall();
  for (const data of ["a", "b", messages("r", 1)]) pipe.write(data);
  await clock.advance(9_000);
  expect(pipe.given).toBe(2);
  await clock.advance(3_000);
  pipe.resume();
  expect(pipe.received).toEqual([
    "a",
    "b",
    event("room:resync", { room: "r", from: { epoch: "1", seq: 0 }, reason: "slow" }),
  ]);
});

test("last step: who takes nothing for another thirty seconds is cut off, with a cause, and nothing of it is kept", async () => {
  const { pipe, clock, cuts, metric } = createGateRig();
  pipe.stall();
  for (let i = 1; i <= 100; i++) pipe.write(messages("r", i));
  await clock.advance(39_000);
  expect(cuts).toEqual([]);
  await clock.advance(3_000);
  expect(cuts.length).toBe(1);
  expect(await metric('weir_slow_client_closes_total{cause="stuck"} 1')).toBe(true);
  expect(await metric('weir_slow_client_steps_total{step="close"} 1')).toBe(true);
  expect(await metric('weir_slow_clients{state="waiting"} 0')).toBe(true);
  const { given } = pipe;
  pipe.write(messages("r", 101));
  expect(pipe.given).toBe(given);
});

test("who takes a little now and then is not cut off", async () => {
  const { pipe, clock, cuts } = createGateRig();
  pipe.stall();
  for (let i = 1; i <= 500; i++) {
    pipe.write(messages("r", i));
    await clock.advance(1_000);
    if (i % 20 === 0) pipe.step();
  }
  expect(cuts).toEqual([]);
});

test("answers that nobody takes end the connection before they fill the memory", async () => {
  const { pipe, clock, cuts, metric } = createGateRig();
  pipe.stall();
  for (let i = 0; i < 30; i++) pipe.write(`3/chat,${i}[${JSON.stringify("x".repeat(2_000))}]`);
  await clock.advance(1);
  expect(cuts.length).toBe(1);
  expect(await metric('weir_slow_client_closes_total{cause="answers"} 1')).toBe(true);
});

test("when memory is short those who read slowest are cut off, and nobody who keeps up", async () => {
  const { pipe, clock, cuts, gates, metric } = createGateRig();
  expect(gates.closeSlowest(10)).toBe(0);
  pipe.stall();
  for (let i = 1; i <= 5; i++) pipe.write(messages("r", i));
  expect(gates.closeSlowest(10)).toBe(0);
  await clock.advance(2_000);
  expect(gates.closeSlowest(10)).toBe(1);
  await clock.advance(1);
  expect(cuts.length).toBe(1);
  expect(await metric('weir_slow_client_closes_total{cause="memory"} 1')).toBe(true);
});

test("a client that confirms nothing is held although its kernel takes all, goes on when it confirms, else is cut off", async () => {
  const { pipe, clock, cuts, state, metric } = createGateRig();
  for (let i = 1; i <= 40; i++) pipe.write(messages("r", i));
  state.unconfirmedMs = 11_000;
  for (let i = 41; i <= 100; i++) pipe.write(messages("r", i));
  const held = pipe.received.length;
  expect(held).toBeLessThan(60);
  expect(await metric('weir_slow_client_steps_total{step="hold"} 1')).toBe(true);
  expect(await metric('weir_slow_clients{state="held"} 1')).toBe(true);
  await clock.advance(2_000);
  state.unconfirmedMs = 0;
  await clock.advance(2_000);
  const from = { epoch: "1", seq: held };
  expect(pipe.received.slice(held)).toEqual([event("room:resync", { room: "r", from, reason: "slow" })]);
  state.unconfirmedMs = 41_000;
  for (let i = 101; i <= 120; i++) pipe.write(messages("r", i));
  await clock.advance(2_000);
  expect(cuts.length).toBe(1);
  expect(await metric('weir_slow_client_closes_total{cause="unconfirmed"} 1')).toBe(true);
});

test("a connection that is about to close gets all that waits first, in order", () => {
  const { pipe, gate } = createGateRig();
  pipe.stall();
  for (let i = 1; i <= 10; i++) pipe.write(messages("r", i));
  gate?.release();
  expect(pipe.given).toBe(10);
  pipe.resume();
  expect(pipe.received).toEqual(Array.from({ length: 10 }, (_, i) => messages("r", i + 1)));
});

test("of a connection that is gone nothing is kept", async () => {
  const { pipe, metric, clock } = createGateRig();
  pipe.stall();
  for (let i = 1; i <= 10; i++) pipe.write(messages("r", i));
  expect(await metric('weir_outbound_queue_bytes{class="durable"} 0')).toBe(false);
  pipe.end();
  expect(await metric('weir_outbound_queue_bytes{class="durable"} 0')).toBe(true);
  await clock.advance(60_000);
});
