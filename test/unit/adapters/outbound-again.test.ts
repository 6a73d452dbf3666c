import { expect, test } from "vitest";
import { createGateRig, event, messages } from "./gate-rig.ts";

/* The second time round: what a slow phase leaves behind must not be there in the next one. */

function told(room: string, seq: number): string {
  return event("room:resync", { room, from: { epoch: "1", seq }, reason: "slow" });
}

function slowRig() {
  const rig = createGateRig();
  const { pipe } = rig;
  /** The client stops reading, with two packets under way that nobody can take back. */
  const stop = (): void => {
    pipe.stall();
    for (const data of ["a", "b"]) pipe.write(data);
    pipe.received.length = 0;
  };
  /** The client goes on reading. Returns what it got. */
  const goOn = (): readonly string[] => {
    pipe.resume();
    return pipe.received.filter((data) => data !== "a" && data !== "b");
  };
  return { ...rig, stop, goOn };
}

test("a client that is slow a second time gets the messages that wait, when the notice of the first time is out", () => {
  const { pipe, stop, goOn } = slowRig();
  stop();
  for (let i = 1; i <= 25; i++) pipe.write(messages("r", i));
  expect(goOn()).toEqual([told("r", 0)]);
  stop();
  for (let i = 26; i <= 28; i++) pipe.write(messages("r", i));
  expect(goOn()).toEqual([messages("r", 26), messages("r", 27), messages("r", 28)]);
});

test("a client whose queue overflows a second time gets a second notice, from where on it misses messages then", () => {
  const { pipe, stop, goOn } = slowRig();
  for (const first of [1, 26, 51]) {
    stop();
    for (let i = first; i < first + 25; i++) pipe.write(messages("r", i));
    expect(goOn()).toEqual([told("r", first - 1)]);
  }
});

test("messages that come after a notice, before it is handed over, are not sent: the client asks for them", () => {
  const { pipe, stop, goOn, metric } = slowRig();
  stop();
  for (let i = 1; i <= 21; i++) pipe.write(messages("r", i));
  pipe.write(messages("r", 22));
  pipe.write(event("typing", { room: "r" }));
  pipe.write(event("stored", { room: "r", seq: 1 }));
  pipe.write(messages("s", 1));
  expect(goOn()).toEqual([told("r", 0), event("stored", { room: "r", seq: 1 }), messages("s", 1)]);
  return expect(metric('weir_outbound_dropped_total{class="durable",step="resync"} 22')).resolves.toBe(true);
});

test("a room whose messages were thrown away does not take those of another room with it", () => {
  const { pipe, stop, goOn } = slowRig();
  stop();
  pipe.write(messages("s", 7));
  for (let i = 1; i <= 20; i++) pipe.write(messages("r", i));
  expect(goOn()).toEqual([told("s", 6), told("r", 0)]);
});

test("a client that was held and confirms is held again the next time, and is not cut off for the first time", async () => {
  const { pipe, clock, state, cuts, metric } = slowRig();
  for (const round of [1, 2]) {
    state.unconfirmedMs = 11_000;
    for (let i = 1; i <= 20; i++) pipe.write(messages(`r${round}`, i));
    expect(await metric(`weir_slow_client_steps_total{step="hold"} ${round}`)).toBe(true);
    expect(await metric('weir_slow_clients{state="held"} 1')).toBe(true);
    state.unconfirmedMs = 0;
    await clock.advance(2_000);
    expect(await metric('weir_slow_clients{state="held"} 0')).toBe(true);
    const last = messages(`r${round}`, 21);
    pipe.write(last);
    expect(pipe.received.at(-1)).toBe(last);
  }
  expect(cuts).toEqual([]);
});

test("the time without progress counts from the last packet that was taken, not from the first slow phase", async () => {
  const { pipe, clock, stop, goOn, cuts } = slowRig();
  for (let phase = 0; phase < 3; phase++) {
    stop();
    for (let i = 1; i <= 25; i++) pipe.write(messages("r", i));
    await clock.advance(25_000);
    goOn();
  }
  expect(cuts).toEqual([]);
});

test("a queue that was empty is looked after again when something waits the next time", async () => {
  const { pipe, clock, stop, goOn, metric } = slowRig();
  for (const phase of [1, 2, 3]) {
    stop();
    pipe.write(event("typing", { room: "r" }));
    await clock.advance(12_000);
    expect(await metric(`weir_outbound_dropped_total{class="ephemeral",step="expire"} ${phase}`)).toBe(true);
    expect(goOn()).toEqual([]);
    await clock.advance(5_000);
  }
});

test("a connection that was released takes everything at once, whatever waits in the engine", () => {
  const { pipe, stop, gate } = slowRig();
  stop();
  for (let i = 1; i <= 30; i++) pipe.write(messages("r", i));
  gate?.release();
  const before = pipe.given;
  for (let i = 31; i <= 33; i++) pipe.write(messages("r", i));
  expect(pipe.given).toBe(before + 3);
});

test("a packet that wants to know when it is out is not kept back", () => {
  const { pipe, stop } = slowRig();
  stop();
  let out = 0;
  pipe.write("close", undefined, () => (out += 1));
  pipe.write(messages("r", 1));
  pipe.resume();
  expect([out, pipe.received.indexOf("close") < pipe.received.indexOf(messages("r", 1))]).toEqual([1, true]);
});

test("a client that stops reading after a long quiet time is not cut off for the quiet", async () => {
  const { pipe, clock, stop, cuts } = slowRig();
  await clock.advance(1_000_000);
  stop();
  for (let i = 1; i <= 25; i++) pipe.write(messages("r", i));
  await clock.advance(25_000);
  expect(cuts).toEqual([]);
  await clock.advance(20_000);
  expect(cuts).toHaveLength(1);
});

test("what waits for a client that is held stays, also when its kernel takes what is under way", async () => {
  const { pipe, clock, state, stop, goOn } = slowRig();
  stop();
  for (let i = 1; i <= 3; i++) pipe.write(messages("r", i));
  state.unconfirmedMs = 11_000;
  await clock.advance(2_000);
  expect(goOn()).toEqual([]);
  state.unconfirmedMs = 0;
  await clock.advance(2_000);
  expect(pipe.received.slice(2)).toEqual([1, 2, 3].map((seq) => messages("r", seq)));
});

test("a client whose transport takes data again goes on, also when nobody was told that the last packet is out", async () => {
  const { pipe, clock, stop, metric } = slowRig();
  stop();
  pipe.write(messages("r", 1));
  await clock.advance(1_000);
  expect(await metric("weir_outbound_wait_seconds_count 0")).toBe(true);
  pipe.transport.writable = true;
  await clock.advance(1_000);
  expect(await metric("weir_outbound_wait_seconds_count 1")).toBe(true);
});
