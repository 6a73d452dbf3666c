import fc from "fast-check";
import { expect, test } from "vitest";
import type { Entry } from "../../src/chat/entry.ts";
import { type BuildStore, edit, everything, historyOf, message, react, remove } from "./message-store-fixtures.ts";

type Step = (seq: number) => Entry;

const target = fc.integer({ min: 1, max: 12 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constant<Step>((seq) => message(seq, { meta: { n: seq }, mentions: ["bob"] })),
  target.map(
    (to): Step =>
      (seq) =>
        edit(seq, to),
  ),
  target.map(
    (to): Step =>
      (seq) =>
        remove(seq, to),
  ),
  fc
    .record({
      to: target,
      emoji: fc.constantFrom("👍", "constructor"),
      by: fc.constantFrom("bob", "cy"),
      on: fc.boolean(),
    })
    .map(
      ({ to, ...reaction }): Step =>
        (seq) =>
          react(seq, to, reaction),
    ),
);

/** What happened in a room, and the batches it comes in: each entry at least once, in any order. */
const delivered = fc.array(step, { minLength: 1, maxLength: 12 }).chain((steps) => {
  const entries = steps.map((make, i) => make(i + 1));
  const batches = fc.array(fc.subarray(entries).chain(shuffled), { maxLength: 4 });
  return fc.record({ entries: fc.constant(entries), batches, last: shuffled(entries) });
});

function shuffled(entries: readonly Entry[]): fc.Arbitrary<Entry[]> {
  return fc.shuffledSubarray([...entries], { minLength: entries.length });
}

/** @param runs how many histories to try: as many as the store's speed allows */
export function describeHistory(build: BuildStore, runs: number): void {
  test("any split, order and repetition of what happened leaves the same history", async () => {
    const store = await build();
    let rooms = 0;
    await fc.assert(
      fc.asyncProperty(delivered, async ({ entries, batches, last }) => {
        const room = `r${++rooms}`;
        const half = Math.floor(last.length / 2);
        for (const batch of [...batches, last.slice(0, half), last.slice(half)]) {
          expect(await store.write(batch.map((entry) => ({ ...entry, room })))).toEqual([]);
        }
        expect(await everything(store, room)).toEqual(historyOf(entries.map((entry) => ({ ...entry, room }))));
      }),
      { numRuns: runs },
    );
  });
}
