import fc from "fast-check";
import { expect, test } from "vitest";
import type { Entry } from "../../../src/chat/entry.ts";
import { eraseSuperseded } from "../../../src/chat/erase.ts";
import { fold } from "../../../src/chat/fold.ts";

const base = { room: "r", epoch: "1", from: { id: "ada" } } as const;

const room: fc.Arbitrary<Entry[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom(
        "message" as const,
        "message" as const,
        "edit" as const,
        "delete" as const,
        "reaction" as const,
      ),
      target: fc.nat(9),
    }),
    { maxLength: 14 },
  )
  .map((steps) => {
    const kinds = steps.map(({ kind }) => kind);
    return steps.map(({ kind, target }, i): Entry => {
      const entry = { ...base, kind, id: `m${i + 1}`, seq: i + 1, at: i + 1 };
      if (kind === "message" || i === 0)
        return { ...entry, kind: "message", text: `text ${i + 1};`, meta: { of: i + 1 } };
      // A gateway takes changes of earlier messages only.
      const messages = kinds.slice(0, i).flatMap((one, at) => (one === "message" || at === 0 ? [at + 1] : []));
      const about = messages[target % messages.length] ?? 1;
      if (kind === "reaction") return { ...entry, target: about, emoji: "👍", on: true };
      return { ...entry, target: about, ...(kind === "edit" ? { text: `text ${i + 1};` } : {}) };
    });
  });

test("whatever part of a room is erased by whatever part of its changes, every reader ends in the same state", () => {
  const parts = fc.record({ all: room, from: fc.nat(14), known: fc.nat(14) });
  fc.assert(
    fc.property(parts, ({ all, from, known }) => {
      const rest = all.slice(from);
      const erased = eraseSuperseded(
        rest,
        [...rest, ...all.slice(Math.max(from, known))].sort((a, b) => a.seq - b.seq),
      );
      expect(erased.map(({ seq, id }) => [seq, id])).toEqual(rest.map(({ seq, id }) => [seq, id]));
      const before = fold(all.slice(0, from), all.slice(0, from));
      const shown = (entries: readonly Entry[]): readonly Entry[] =>
        fold([...before, ...entries], entries).filter(({ kind }) => kind === "message");
      expect(shown(erased)).toEqual(shown(rest));
      expect(eraseSuperseded(erased)).toEqual(erased);
    }),
  );
});

test("no text is left that was replaced or deleted", () => {
  fc.assert(
    fc.property(room, (all) => {
      const shown = fold(all, all).filter(({ kind }) => kind === "message");
      const allowed = new Set(shown.flatMap(({ text }) => text ?? []));
      const left = eraseSuperseded(all).flatMap(({ text }) => text ?? []);
      expect(left.filter((text) => !allowed.has(text))).toEqual([]);
    }),
  );
});

test("without a change of text, entries are given back as they are", () => {
  const entries: Entry[] = [{ ...base, kind: "message", id: "a", seq: 1, at: 1, text: "x" }];
  expect(eraseSuperseded(entries)).toBe(entries);
});
