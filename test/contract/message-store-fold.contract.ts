import { describe, expect, test } from "vitest";
import type { Entry } from "../../src/chat/entry.ts";
import type { MessageStore } from "../../src/write-behind/index.ts";
import { type BuildStore, edit, everything, message, page, react, remove } from "./message-store-fixtures.ts";

export function describeFolding(build: BuildStore): void {
  describe("folding", () => {
    describeEdits(build);
    describeDeletes(build);
    describeReactions(build);
    describeTargets(build);
  });
}

async function first(store: MessageStore): Promise<Entry | undefined> {
  const [found] = await page(store, { limit: 1 });
  return found;
}

function describeEdits(build: BuildStore): void {
  test("an edit gives the message its text and says so", async () => {
    const store = await build();
    await store.write([message(1), edit(2, 1, "better")]);
    expect(await first(store)).toEqual(message(1, { text: "better", edited: { seq: 2, at: 1_002 } }));
  });

  test("of two edits the one with the higher seq stays, whichever comes first", async () => {
    const store = await build();
    await store.write([message(1), edit(4, 1, "newest")]);
    await store.write([edit(2, 1), edit(3, 1)]);
    expect(await first(store)).toMatchObject({ text: "newest", edited: { seq: 4 } });
  });

  test("an edit that comes again after a newer one changes nothing", async () => {
    const store = await build();
    await store.write([message(1), edit(2, 1)]);
    await store.write([edit(3, 1, "newest")]);
    await store.write([edit(2, 1), message(1)]);
    expect(await first(store)).toMatchObject({ text: "newest", edited: { seq: 3 } });
  });

  test("changes are entries of their own too, so that a catch-up has every seq", async () => {
    const store = await build();
    await store.write([message(1), edit(2, 1), react(3, 1)]);
    expect((await everything(store)).slice(1)).toEqual([edit(2, 1), react(3, 1)]);
  });
}

function describeDeletes(build: BuildStore): void {
  const full = message(1, { text: "secret", mentions: ["bob"], meta: { a: "secret" } });
  const { text: _text, mentions: _mentions, meta: _meta, ...bare } = full;

  test("a delete takes text, mentions and meta away", async () => {
    const store = await build();
    await store.write([full]);
    await store.write([remove(2, 1)]);
    expect(await first(store)).toEqual({ ...bare, deleted: { seq: 2, at: 1_002, by: "mod" } });
  });

  test("an edit after the delete changes nothing, also where it comes before it", async () => {
    const store = await build();
    await store.write([full, edit(3, 1, "back")]);
    await store.write([remove(2, 1)]);
    await store.write([edit(4, 1, "back again")]);
    expect(await first(store)).toEqual({ ...bare, deleted: { seq: 2, at: 1_002, by: "mod" } });
  });

  test("of two deletes the first in the room's order counts", async () => {
    const store = await build();
    await store.write([full, remove(3, 1)]);
    await store.write([remove(2, 1)]);
    await store.write([remove(4, 1)]);
    expect(await first(store)).toMatchObject({ deleted: { seq: 2 } });
  });

  test("a delete erases the text from the edits of the message, whenever they come, and from no other", async () => {
    const store = await build();
    await store.write([full, message(2), edit(3, 1, "secret"), edit(4, 2, "kept"), edit(6, 1, "secret")]);
    await store.write([remove(5, 1), edit(7, 1, "secret")]);
    await store.write([edit(8, 1, "secret")]);
    await store.write([edit(3, 1, "secret"), full]);
    const all = JSON.stringify(await everything(store));
    expect(all).not.toContain("secret");
    expect(all).toContain("kept");
  });

  test("a message that comes after its delete has no text", async () => {
    const store = await build();
    await store.write([remove(2, 1)]);
    await store.write([full]);
    expect(await first(store)).toEqual({ ...bare, deleted: { seq: 2, at: 1_002, by: "mod" } });
  });
}

function describeReactions(build: BuildStore): void {
  test("reactions gather by emoji in the order of the room", async () => {
    const store = await build();
    await store.write([message(1), react(4, 1, { by: "cy" }), react(3, 1, { by: "bob" })]);
    await store.write([react(5, 1, { emoji: "🎉" }), react(2, 1, { by: "dan" })]);
    expect((await first(store))?.reactions).toEqual({ "👍": ["dan", "bob", "cy"], "🎉": ["bob"] });
  });

  test("a reaction that was taken back is gone, also where the taking back comes first", async () => {
    const store = await build();
    await store.write([message(1), react(3, 1, { on: false })]);
    await store.write([react(2, 1)]);
    expect((await first(store))?.reactions).toEqual({});
  });

  test("a reaction that is set again counts from then on", async () => {
    const store = await build();
    await store.write([message(1), react(2, 1), react(3, 1, { by: "cy" })]);
    await store.write([react(4, 1, { on: false }), react(5, 1)]);
    expect((await first(store))?.reactions).toEqual({ "👍": ["cy", "bob"] });
  });

  test("an emoji and a user may have any name", async () => {
    const store = await build();
    const names = ["constructor", "__proto__", "$set", "a.b", ".", "", " ", "\u0000", "k|ü|#"];
    await store.write([message(1), ...names.map((emoji, i) => react(i + 2, 1, { emoji, by: `u${emoji}` }))]);
    const reactions = new Map(Object.entries((await first(store))?.reactions ?? {}));
    expect(reactions).toEqual(new Map(names.map((emoji) => [emoji, [`u${emoji}`]])));
  });

  test("a deleted message keeps its reactions", async () => {
    const store = await build();
    await store.write([message(1), react(2, 1), remove(3, 1), react(4, 1, { by: "cy" })]);
    expect((await first(store))?.reactions).toEqual({ "👍": ["bob", "cy"] });
  });
}

function describeTargets(build: BuildStore): void {
  test("changes that come before their message wait for it", async () => {
    const store = await build();
    await store.write([edit(2, 1, "edited"), react(3, 1)]);
    expect(await first(store)).toMatchObject({ seq: 2 });
    await store.write([message(1)]);
    expect(await first(store)).toEqual(
      message(1, { text: "edited", edited: { seq: 2, at: 1_002 }, reactions: { "👍": ["bob"] } }),
    );
  });

  test("a change of a message that never comes shows nowhere", async () => {
    const store = await build();
    await store.write([message(5), edit(6, 1), react(7, 2), remove(8, 3)]);
    expect(await page(store, { kinds: "shown" })).toEqual([message(5)]);
    expect(await store.highest("r")).toBe(8);
  });

  test("only an earlier message of the same room can be changed", async () => {
    const store = await build();
    const system: Entry = { ...message(2), kind: "system" };
    await store.write([message(1), system, message(9), message(1, { room: "s" })]);
    await store.write([edit(3, 2), remove(4, 2), react(5, 3), edit(6, 9), edit(7, 7), { ...edit(8, 1), room: "s" }]);
    expect((await everything(store)).filter(({ seq }) => [1, 2, 3, 9].includes(seq))).toEqual([
      message(1),
      system,
      edit(3, 2),
      message(9),
    ]);
    expect(await store.highest("r")).toBe(9);
  });

  test("an edit that comes before its message in the room is none of it, and stays when that is deleted", async () => {
    const store = await build();
    await store.write([edit(1, 2), message(2), remove(3, 2)]);
    expect(await first(store)).toEqual(edit(1, 2));
  });

  test("a change of a place far ahead leaves the end of the room where it is", async () => {
    const store = await build();
    await store.write([message(1), edit(2, 1_000_000)]);
    expect(await store.highest("r")).toBe(2);
  });
}
