import fc from "fast-check";
import { expect, test } from "vitest";
import { comparePositions, isNext } from "../../../src/chat/position.ts";
import { isRoomName, partitionOf, roomMaxLength } from "../../../src/chat/room.ts";

test.each(["lobby", "team:7/general", "a.b_c~d@e-f", "x".repeat(roomMaxLength)])("%s is a room", (name) => {
  expect(isRoomName(name)).toBe(true);
});

test.each(["", ":", "a:", "/a", "a//b", "a b", "ä", "a*", "{a}", "a\n", "x".repeat(roomMaxLength + 1)])(
  "%j is not a room",
  (name) => {
    expect(isRoomName(name)).toBe(false);
  },
);

test("a room always lies in the same partition: the hash is FNV-1a, by its published vectors", () => {
  expect(["a", "foobar"].map((room) => partitionOf(room, 2 ** 32))).toEqual([0xe40c292c, 0xbf9cf968]);
});

test("rooms spread over all partitions", () => {
  const used = new Set(Array.from({ length: 1_000 }, (_, i) => partitionOf(`room:${i}`, 16)));
  expect(used.size).toBe(16);
  fc.assert(
    fc.property(
      fc.string(),
      fc.integer({ min: 1, max: 1_024 }),
      (room, n) => partitionOf(room, n) >= 0 && partitionOf(room, n) < n,
    ),
  );
});

test("positions order by epoch first, as numbers and not as text", () => {
  expect(comparePositions({ epoch: "9", seq: 50 }, { epoch: "10", seq: 1 })).toBeLessThan(0);
  expect(comparePositions({ epoch: "10", seq: 2 }, { epoch: "10", seq: 1 })).toBeGreaterThan(0);
  expect(comparePositions({ epoch: "10", seq: 2 }, { epoch: "10", seq: 2 })).toBe(0);
});

test("only the following seq of the same epoch is next", () => {
  const last = { epoch: "1", seq: 4 };
  expect(isNext(last, { epoch: "1", seq: 5 })).toBe(true);
  expect(isNext(last, { epoch: "1", seq: 6 })).toBe(false);
  expect(isNext(last, { epoch: "2", seq: 5 })).toBe(false);
});
