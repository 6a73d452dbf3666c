import { expect, test } from "vitest";
import { type FrameKind, readFrame } from "../../../src/adapters/socketio/outbound-frame.ts";
import { OutboundQueue, type Waiter } from "../../../src/adapters/socketio/outbound-queue.ts";
import { event, messages } from "./gate-rig.ts";

function waiter(data: string, bytes = 10, at = 0): Waiter {
  return { frame: readFrame(data), data, options: undefined, bytes, at };
}

function queueOf(...waiters: readonly Waiter[]): OutboundQueue {
  const queue = new OutboundQueue();
  for (const one of waiters) queue.push(one);
  return queue;
}

function dataOf(waiters: readonly Waiter[]): readonly unknown[] {
  return waiters.map(({ data }) => data);
}

test("a batch has as many packets and as many bytes as it may, in order, and the rest stays", () => {
  const queue = queueOf(...["a", "b", "c", "d", "e"].map((data) => waiter(data)));
  expect(dataOf(queue.take(2, 1_000))).toEqual(["a", "b"]);
  expect(dataOf(queue.take(10, 20))).toEqual(["c", "d"]);
  expect(queue.length).toBe(1);
  expect(dataOf(queue.take(10, 1_000))).toEqual(["e"]);
  expect(queue.take(10, 1_000)).toEqual([]);
});

test("a packet that is larger than a batch goes alone", () => {
  const queue = queueOf(waiter("large", 1_000), waiter("small"));
  expect(dataOf(queue.take(10, 20))).toEqual(["large"]);
  expect(queue.length).toBe(1);
});

test("what waits is counted by kind, and counted off when it is taken or dropped", () => {
  const queue = queueOf(
    waiter("answer", 1, 5),
    waiter(messages("r", 1, 3), 100, 10),
    waiter(event("typing", { room: "r" }), 7, 20),
    waiter(messages("r", 4), 30, 30),
  );
  const sizes = (kind: FrameKind): object => queue.waiting(kind, 100);
  expect(sizes("durable")).toEqual({ bytes: 130, messages: 4, oldestMs: 90 });
  expect(sizes("ephemeral")).toEqual({ bytes: 7, messages: 1, oldestMs: 80 });
  expect(sizes("kept")).toEqual({ bytes: 1, messages: 1, oldestMs: 95 });
  expect(dataOf(queue.drop(({ frame }) => frame.kind === "ephemeral"))).toHaveLength(1);
  expect(sizes("ephemeral")).toEqual({ bytes: 0, messages: 0, oldestMs: 0 });
  queue.take(2, 1_000);
  expect(sizes("durable")).toEqual({ bytes: 30, messages: 1, oldestMs: 70 });
  expect(sizes("kept")).toEqual({ bytes: 0, messages: 0, oldestMs: 0 });
});
