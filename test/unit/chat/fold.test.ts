import fc from "fast-check";
import { expect, test } from "vitest";
import { type Entry, isShown } from "../../../src/chat/entry.ts";
import { fold, foldOne } from "../../../src/chat/fold.ts";

const base = { room: "lobby", epoch: "1", from: { id: "ada" } } as const;
const message: Entry = {
  ...base,
  kind: "message",
  seq: 1,
  id: "m",
  at: 1,
  text: "helo",
  meta: { a: 1 },
  mentions: ["bob"],
};

function change(seq: number, rest: Partial<Entry>): Entry {
  return { ...base, kind: "edit", id: `c${seq}`, seq, at: seq, target: 1, ...rest };
}

test("the latest edit gives the text", () => {
  expect(fold([message], [change(2, { text: "hallo" }), change(3, { text: "hello" })])).toEqual([
    { ...message, text: "hello", edited: { seq: 3, at: 3 } },
  ]);
});

test("an edit that comes after a later one changes nothing", () => {
  const [edited] = fold([message], [change(3, { text: "hello" })]);
  expect(fold(edited === undefined ? [] : [edited], [change(2, { text: "hallo" })])).toEqual([edited]);
});

test("a delete takes text, meta and mentions away, and nothing that comes after brings them back", () => {
  const [folded] = fold(
    [message],
    [change(2, { kind: "delete", from: { id: "mod" } }), change(3, { text: "again" }), change(4, { kind: "delete" })],
  );
  expect(folded).toEqual({ ...base, kind: "message", seq: 1, id: "m", at: 1, deleted: { seq: 2, at: 2, by: "mod" } });
});

test("reactions gather by emoji, once a user, and disappear with the last", () => {
  const on = (seq: number, id: string, emoji: string, is = true): Entry =>
    change(seq, { kind: "reaction", from: { id }, emoji, on: is });
  expect(fold([message], [on(2, "bob", "+1"), on(3, "cy", "+1"), on(4, "bob", "+1")])[0]?.reactions).toEqual({
    "+1": ["cy", "bob"],
  });
  expect(fold([message], [on(2, "bob", "+1"), on(3, "bob", "+1", false)])[0]?.reactions).toEqual({});
});

test("messages among the changes and changes of other messages leave a message as it is", () => {
  expect(
    fold(
      [message],
      [change(2, { target: 9, text: "x" }), { ...message, seq: 3, target: 1 }, change(4, { kind: "system" })],
    ),
  ).toEqual([message]);
});

test("an edit whose text was erased changes nothing, and history shows messages and system entries only", () => {
  expect(fold([message], [change(2, {})])).toEqual([message]);
  expect(fold([message], [change(2, {}), change(3, { text: "" })])[0]).toMatchObject({ text: "", edited: { seq: 3 } });
  expect([message, change(2, {}), change(3, { kind: "system" })].map(isShown)).toEqual([true, false, true]);
});

test("a delete takes the mark of an edit away too", () => {
  const [folded] = fold([message], [change(2, { text: "hello" }), change(3, { kind: "delete" })]);
  expect(folded).not.toHaveProperty("edited");
});

test("only an earlier message can be changed", () => {
  const later = change(1, { target: 1, text: "x" });
  const system: Entry = { ...message, kind: "system" };
  expect(fold([message], [later])).toEqual([message]);
  expect(fold([system], [change(2, { text: "x" })])).toEqual([system]);
});

test.each(["constructor", "__proto__", "toString"])("a reaction may be called %s", (emoji) => {
  const [folded] = fold([message], [change(2, { kind: "reaction", emoji, on: true })]);
  expect(Object.entries(folded?.reactions ?? {})).toEqual([[emoji, ["ada"]]]);
});

test("a kind that no log gives out is an error and not a silence", () => {
  const stranger: unknown = { ...change(2, {}), kind: "stranger" };
  expect(() => void Reflect.apply(foldOne, undefined, [message, stranger])).toThrow("unexpected value");
});

/** Reactions as a set: who reacted first is not part of the promise here. */
function unordered(entries: readonly Entry[]): unknown {
  return entries.map((entry) => {
    const users = Object.entries(entry.reactions ?? {}).map(([emoji, ids]) => `${emoji} ${ids.toSorted().join()}`);
    return { ...entry, reactions: new Set(users) };
  });
}

test("folding any suffix of the changes a second time changes nothing", () => {
  const texts = fc.constantFrom<Partial<Entry>>(
    { kind: "edit", text: "a" },
    { kind: "edit", text: "b" },
    { kind: "delete" },
  );
  const reactions = fc.record({
    kind: fc.constant("reaction" as const),
    emoji: fc.constantFrom("+1", "-1"),
    on: fc.boolean(),
    from: fc.constantFrom({ id: "bob" }, { id: "cy" }),
  });
  fc.assert(
    fc.property(fc.array(fc.oneof(texts, reactions), { maxLength: 12 }), fc.nat(12), (parts, from) => {
      const changes = parts.map((part, i) => change(i + 2, part));
      const once = fold([message], changes);
      expect(unordered(fold(once, changes.slice(from)))).toEqual(unordered(once));
    }),
  );
});
