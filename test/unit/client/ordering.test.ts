import fc from "fast-check";
import { expect, test } from "vitest";
import type { Entry } from "../../../src/chat/entry.ts";
import { comparePositions } from "../../../src/chat/position.ts";
import {
  heldMax,
  type Ordered,
  orderCatchUp,
  orderingFrom,
  orderPush,
  orderSkip,
} from "../../../src/client/ordering.ts";
import { entries, entry } from "./client-fixtures.ts";

const room = [...entries(1, 20, "1"), ...entries(18, 30, "2")];

/** What a server answers: everything after a position, in pages. */
function catchUp(before: Ordered, upTo: number, limit: number): Ordered {
  const { last } = before.ordering;
  const known = room.slice(0, upTo);
  const after = known.filter((e) => last === undefined || comparePositions(e, last) > 0);
  const head = known.at(-1) ?? { epoch: "1", seq: 0 };
  const more = after.length > limit ? { more: true as const } : {};
  return orderCatchUp(before.ordering, { head, entries: after.slice(0, limit), ...more });
}

const step = fc.oneof(
  fc.record({ kind: fc.constant("push" as const), picks: fc.array(fc.nat(room.length - 1), { maxLength: 8 }) }),
  fc.record({ kind: fc.constant("ask" as const), upTo: fc.nat(room.length), limit: fc.integer({ min: 1, max: 9 }) }),
);

test("whatever is lost, repeated or late, each entry comes once, in ascending order, and in the end all of them", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const seen: Entry[] = [];
      let at: Ordered = { ordering: orderingFrom({ epoch: "1", seq: 0 }), deliver: [], hole: false };
      const take = (next: Ordered): void => {
        at = next;
        seen.push(...next.deliver);
      };
      for (const s of steps) {
        if (s.kind === "ask") take(catchUp(at, s.upTo, s.limit));
        else
          take(
            orderPush(
              at.ordering,
              s.picks.flatMap((i) => room[i] ?? []),
            ),
          );
      }
      for (let page = 0; page === 0 || (at.hole && page < room.length); page++) take(catchUp(at, room.length, 7));
      expect(seen).toEqual(room);
      expect(at.ordering.held).toEqual([]);
    }),
  );
});

test("what comes before the first answer waits for it", () => {
  const early = orderPush(orderingFrom(undefined), [entry(6), entry(5)]);
  expect(early).toMatchObject({ deliver: [], hole: false });
  const joined = orderCatchUp(early.ordering, { head: { epoch: "1", seq: 4 }, entries: entries(3, 4) });
  expect(joined.deliver.map(({ seq }) => seq)).toEqual([3, 4, 5, 6]);
  expect(joined.hole).toBe(false);
});

test("an answer that leaves out folded changes moves the position to the head of the room", () => {
  const joined = orderCatchUp(orderingFrom(undefined), { head: { epoch: "1", seq: 9 }, entries: [entry(4), entry(7)] });
  expect(joined.ordering.last).toEqual({ epoch: "1", seq: 9 });
  expect(orderPush(joined.ordering, [entry(8), entry(10)]).deliver.map(({ seq }) => seq)).toEqual([10]);
});

test("a room that tells more than can be held is asked again instead", () => {
  const start = orderingFrom({ epoch: "1", seq: 0 });
  const flooded = orderPush(start, entries(2, heldMax + 2));
  expect(flooded.ordering.held).toEqual([]);
  expect(flooded.hole).toBe(true);
  const answer = { head: { epoch: "1", seq: 5 }, entries: entries(1, 5) };
  const caught = orderCatchUp(flooded.ordering, answer);
  expect(caught.hole).toBe(true);
  expect(orderCatchUp(caught.ordering, answer).hole).toBe(false);
});

test("a hole that nobody can fill is skipped, and what was held comes out", () => {
  const held = orderPush(orderingFrom({ epoch: "1", seq: 1 }), [entry(3), entry(4), entry(7)]);
  const skipped = orderSkip(held.ordering);
  expect(skipped.deliver.map(({ seq }) => seq)).toEqual([3, 4]);
  expect(skipped.hole).toBe(true);
});

test("an answer that has nothing yet and says that more follows leaves the position where it was", () => {
  const empty = orderCatchUp(orderingFrom(undefined), { head: { epoch: "1", seq: 3 }, entries: [], more: true });
  expect(empty).toMatchObject({ ordering: { last: undefined }, hole: true });
});

test("an entry that was held twice leaves no hole once the one before it has come", () => {
  const held = orderPush(orderingFrom({ epoch: "1", seq: 0 }), [entry(2)]);
  const twice = orderPush(held.ordering, [entry(2), entry(2)]);
  expect(twice).toMatchObject({ hole: true, deliver: [] });
  const filled = orderPush(twice.ordering, [entry(1)]);
  expect(filled.deliver.map(({ seq }) => seq)).toEqual([1, 2]);
  expect(filled).toMatchObject({ hole: false, ordering: { held: [] } });
});

test("a gap whose head is lower takes the server's head, and what follows it is delivered", () => {
  const before = orderPush(orderingFrom({ epoch: "1", seq: 10 }), [entry(12)]);
  const back = orderCatchUp(before.ordering, { head: { epoch: "1", seq: 5 }, entries: [], gap: true });
  expect(back).toEqual({ ordering: orderingFrom({ epoch: "1", seq: 5 }), deliver: [], hole: false });
  expect(orderPush(back.ordering, [entry(6)]).deliver).toHaveLength(1);
});

test("a gap whose head is lower may come with entries, in pages", () => {
  const start = orderingFrom({ epoch: "2", seq: 10 });
  const answer = { head: { epoch: "1", seq: 5 }, entries: entries(3, 4), gap: true as const };
  expect(orderCatchUp(start, { ...answer, more: true })).toMatchObject({
    ordering: { last: { epoch: "1", seq: 4 } },
    hole: true,
  });
  const whole = orderCatchUp(start, answer);
  expect(whole.ordering.last).toEqual({ epoch: "1", seq: 5 });
  expect(whole.deliver.map(({ seq }) => seq)).toEqual([3, 4]);
});

test("without a gap a lower head is only a server that lags, and moves nothing back", () => {
  const start = orderingFrom({ epoch: "1", seq: 10 });
  expect(orderCatchUp(start, { head: { epoch: "1", seq: 5 }, entries: [] }).ordering).toEqual(start);
});
