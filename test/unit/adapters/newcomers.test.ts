import { EventEmitter } from "node:events";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { expect, test } from "vitest";
import { closeTransport } from "../../../src/adapters/socketio/close-transport.ts";
import { Outsiders } from "../../../src/adapters/socketio/outsiders.ts";
import { PendingSeats } from "../../../src/adapters/socketio/pending-seats.ts";
import { Visits } from "../../../src/adapters/socketio/visits.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { fakeTransport } from "./fake-transport.ts";

const welcome = (): Promise<string> => Promise.resolve("welcome");
const refuse = (): Promise<string> => Promise.reject(new Error("no"));

test("of two young connections a drain closes the one that is not in", async () => {
  const clock = new ManualClock();
  const [member, stranger] = [fakeTransport(), fakeTransport()];
  const visits = new Visits();
  const outsiders = new Outsiders(clock);
  for (const { transport } of [member, stranger]) outsiders.add(transport, visits);
  await visits.enter(member.transport.conn, welcome);
  outsiders.close();
  await clock.advance(60_000);
  expect(member.conn.closes).toEqual([]);
  expect(member.tcp.destroyed).toBe(false);
  expect(stranger.conn.closes).toEqual([false, true]);
});

test("a drain leaves connections alone that have gone, or that are no longer young", () => {
  const outsiders = new Outsiders(new ManualClock());
  const [gone, old] = [fakeTransport(), fakeTransport()];
  for (const { transport } of [gone, old]) outsiders.add(transport, new Visits());
  gone.conn.emit("close");
  outsiders.delete(old.transport);
  outsiders.close();
  expect([gone.conn.closes, old.conn.closes]).toEqual([[], []]);
});

test("a peer that does not take what was sent is cut off five seconds after the close, not before", async () => {
  const clock = new ManualClock();
  const { conn, tcp, transport } = fakeTransport();
  closeTransport(transport, clock);
  expect(conn.closes).toEqual([false]);
  await clock.advance(4_999);
  expect([conn.closes, tcp.destroyed]).toEqual([[false], false]);
  await clock.advance(1);
  expect([conn.closes, tcp.destroyed]).toEqual([[false, true], true]);
});

test("a connection comes in once, and is in only when its token was taken", async () => {
  const visits = new Visits();
  const { transport } = fakeTransport();
  await expect(visits.enter(transport.conn, refuse)).rejects.toThrow("no");
  expect(visits.isIn(transport.conn)).toBe(false);
  expect(await visits.enter(transport.conn, welcome)).toBe("welcome");
  expect(visits.isIn(transport.conn)).toBe(true);
  await expect(visits.enter(transport.conn, welcome)).rejects.toMatchObject({ code: "BAD_REQUEST" });
  expect(visits.isIn(fakeTransport().transport.conn)).toBe(false);
});

test("a connection does not try two tokens at the same time, and is not in while one is checked", async () => {
  const visits = new Visits();
  const { transport } = fakeTransport();
  const { promise, resolve } = Promise.withResolvers<string>();
  const first = visits.enter(transport.conn, () => promise);
  await expect(visits.enter(transport.conn, welcome)).rejects.toMatchObject({ code: "BAD_REQUEST" });
  expect(visits.isIn(transport.conn)).toBe(false);
  resolve("welcome");
  expect(await first).toBe("welcome");
});

test("the fifth token of a connection is tried, the sixth is not looked at", async () => {
  const visits = new Visits();
  const { transport } = fakeTransport();
  for (let i = 0; i < 4; i++) await expect(visits.enter(transport.conn, refuse)).rejects.toThrow("no");
  const patient = fakeTransport();
  for (let i = 0; i < 4; i++) await expect(visits.enter(patient.transport.conn, refuse)).rejects.toThrow("no");
  expect(await visits.enter(patient.transport.conn, welcome)).toBe("welcome");
  await expect(visits.enter(transport.conn, refuse)).rejects.toThrow("no");
  await expect(visits.enter(transport.conn, welcome)).rejects.toMatchObject({ code: "RATE_LIMITED" });
});

function pending() {
  const seats = new PendingSeats();
  const request = new IncomingMessage(new Socket());
  const channel = new EventEmitter();
  let left = 0;
  seats.keep(request, channel, () => (left += 1));
  return { seats, request, channel, left: () => left };
}

test("the seat of a request that ends without a connection is given back", () => {
  const { seats, channel, left } = pending();
  channel.emit("close");
  expect(left()).toBe(1);
  expect(seats.claim(new IncomingMessage(new Socket()))).toBeUndefined();
});

test("the seat of a request that becomes a connection is the connection's alone, once", () => {
  const { seats, request, channel, left } = pending();
  const leave = seats.claim(request);
  channel.emit("close");
  expect([left(), channel.listenerCount("close")]).toEqual([0, 0]);
  expect(seats.claim(request)).toBeUndefined();
  leave?.();
  expect(left()).toBe(1);
});
