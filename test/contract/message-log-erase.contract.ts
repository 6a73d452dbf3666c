import { describe, expect, test } from "vitest";
import type { NewEntry } from "../../src/chat/entry.ts";
import { fold } from "../../src/chat/fold.ts";
import type { MessageLog } from "../../src/write-behind/index.ts";
import { type Build, fill, message, recorder, seqs } from "./message-log-fixtures.ts";

const secret = message("r", "m1", { text: "secret", meta: { a: "secret" }, mentions: ["secret"], replyTo: 7 });

function edit(id: string, target: number, text: string): NewEntry {
  return { kind: "edit", room: "r", id, from: { id: "ada" }, target, text };
}

function remove(id: string, target: number): NewEntry {
  return { kind: "delete", room: "r", id, from: { id: "mod" }, target };
}

/** Everything that a log gives of room `r`. */
async function given(log: MessageLog): Promise<string> {
  const entries = await log.range("r", { after: 0, limit: 1_000 });
  return JSON.stringify([entries, await log.read(0, 1_000), await log.deadLetters(0, 1_000)]);
}

async function buryAll(log: MessageLog): Promise<void> {
  for (const one of await log.read(0, 1_000)) await log.bury(0, one, "refused");
}

async function trimTo(log: MessageLog, seq: number): Promise<void> {
  const upTo = (await log.read(0, 1_000)).find(({ entry }) => entry?.seq === seq)?.cursor ?? "";
  expect(await log.trim({ partition: 0, token: 1, upTo, rooms: [{ room: "r", seq }] })).toBe(true);
}

export function describeErasing(build: Build): void {
  describe("erasing", () => {
    describeDeletes(build);
    describeEdits(build);
    describeBuffer(build);
    describeLetters(build);
  });
}

function describeDeletes(build: Build): void {
  test("a deleted message has no text in the log, and keeps its place, id and author", async () => {
    const log = await build();
    const { epoch, seq, at } = await log.append(secret);
    const deleted = await log.append(remove("d", 1));
    expect(await given(log)).not.toContain("secret");
    const { text: _text, meta: _meta, mentions: _mentions, ...bare } = secret;
    const by = { seq: deleted.seq, at: deleted.at, by: "mod" };
    const [first, second] = await log.range("r", { after: 0, limit: 10 });
    expect(first).toEqual({ ...bare, epoch, seq, at, deleted: by });
    expect(second).toMatchObject(remove("d", 1));
  });

  test("a delete erases all edits of the message, one that comes after it too, and no other message", async () => {
    const log = await build();
    const heard = recorder();
    await log.append(secret);
    await log.append(message("r", "other", { text: "kept" }));
    await log.append(edit("e1", 1, "secret"));
    await log.append(edit("e2", 1, "secret"));
    await log.append(edit("e3", 2, "kept too"));
    await log.append(remove("d", 1));
    await log.subscribe("r", heard);
    await log.append(edit("late", 1, "secret"));
    await log.append(remove("again", 1));
    const all = await given(log);
    expect(all).not.toContain("secret");
    expect(all).toContain("kept too");
    await expect.poll(() => seqs(heard.entries)).toEqual([7, 8]);
    expect(JSON.stringify(heard.entries)).not.toContain("secret");
  });

  test("a retry of the delete gets the first answer", async () => {
    const log = await build();
    await fill(log, "r", 1);
    const first = await log.append(remove("d", 1));
    expect(await log.append(remove("d", 1))).toEqual({ ...first, duplicate: true });
    expect(seqs(await log.range("r", { after: 0, limit: 10 }))).toEqual([1, 2]);
  });

  test("a message that the log has let go of is deleted all the same", async () => {
    const log = await build({ tail: 2 });
    await fill(log, "r", 5);
    await trimTo(log, 5);
    expect(await log.append(remove("d", 1))).toMatchObject({ seq: 6, duplicate: false });
    expect(seqs(await log.range("r", { after: 0, limit: 10 }))).toEqual([4, 5, 6]);
  });
}

function describeEdits(build: Build): void {
  test("an edited message has the newest text only, and keeps its meta and mentions as they were", async () => {
    const log = await build();
    const meta = { n: 1e21, deep: { none: [], empty: {}, text: '","text":"secret' } };
    await log.append(message("r", "m1", { text: "wrong", meta, mentions: [], from: { id: "ada", name: '\\"}{✓' } }));
    await log.append(edit("e1", 1, "wrong again"));
    const last = await log.append(edit("e2", 1, "right"));
    const all = await given(log);
    expect(all).not.toContain("wrong");
    const entries = await log.range("r", { after: 0, limit: 10 });
    const edited = { seq: last.seq, at: last.at };
    expect(entries[0]).toMatchObject({
      text: "right",
      meta,
      mentions: [],
      edited,
      from: { id: "ada", name: '\\"}{✓' },
    });
    expect(entries.map(({ text }) => text)).toEqual(["right", undefined, "right"]);
  });

  test("edits of one message at the same time leave the text of the last one only", async () => {
    const log = await build();
    await fill(log, "r", 1);
    const ids = ["a", "b", "c", "d", "e", "f"];
    const answers = await Promise.all(ids.map((id) => log.append(edit(id, 1, `by ${id}`))));
    const last = answers.findIndex(({ seq }) => seq === 7);
    const entries = await log.range("r", { after: 0, limit: 10 });
    expect(entries.flatMap(({ text }) => text ?? [])).toEqual([`by ${ids[last]}`, `by ${ids[last]}`]);
    expect(fold(entries, entries)[0]).toMatchObject({ text: `by ${ids[last]}`, edited: { seq: 7 } });
  });

  test("a range cuts entries that were erased and others alike", async () => {
    const log = await build();
    await fill(log, "r", 6);
    for (const target of [2, 3, 5]) await log.append(edit(`e${target}`, target, "new"));
    await log.append(remove("d", 3));
    const read = async (query: object): Promise<number[]> =>
      seqs(await log.range("r", { after: 0, limit: 100, ...query }));
    expect(await read({})).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(await read({ limit: 3 })).toEqual([1, 2, 3]);
    expect(await read({ after: 2, before: 6 })).toEqual([3, 4, 5]);
    expect(await read({ before: 6, limit: 2, keep: "newest" })).toEqual([4, 5]);
    expect(await read({ limit: 9, keep: "newest" })).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
}

function describeBuffer(build: Build): void {
  test("the buffer has the erased entries in the places of the others, and a trim takes them away", async () => {
    const log = await build();
    await log.append(secret);
    await fill(log, "r", 2, "x");
    await log.append(edit("e1", 1, "secret"));
    const before = await log.read(0, 10);
    await log.append(edit("e2", 1, "open"));
    const after = await log.read(0, 10);
    expect(after.slice(0, 4).map(({ cursor, at }) => [cursor, at])).toEqual(
      before.map(({ cursor, at }) => [cursor, at]),
    );
    expect(after.map(({ entry }) => entry?.seq)).toEqual([1, 2, 3, 4, 5]);
    expect(after[0]?.entry).toMatchObject({ text: "open", meta: secret.meta, edited: { seq: 5 } });
    expect(after.map(({ raw, bytes }) => bytes - Buffer.byteLength(raw))).toEqual([0, 0, 0, 0, 0]);
    expect(JSON.stringify((await log.read(0, 1)).map(({ entry }) => entry?.seq))).toBe("[1]");
    expect(await log.depth(0)).toMatchObject({ entries: 5 });
    await trimTo(log, 3);
    expect((await log.read(0, 10)).map(({ entry }) => entry?.seq)).toEqual([4, 5]);
    await trimTo(log, 4);
    expect((await log.read(0, 10)).map(({ entry }) => entry?.seq)).toEqual([5]);
    expect(await log.depth(0)).toMatchObject({ entries: 1 });
  });

  test("an entry that was erased leaves the room's log with the others", async () => {
    const log = await build({ tail: 2 });
    await log.append(secret);
    await log.append(edit("e1", 1, "secret"));
    await log.append(edit("e2", 1, "open"));
    await fill(log, "r", 3, "y");
    await trimTo(log, 6);
    expect(seqs(await log.range("r", { after: 0, limit: 10 }))).toEqual([5, 6]);
  });
}

function describeLetters(build: Build): void {
  test("a delete erases the text from the dead letters of the message and of its edits", async () => {
    const log = await build({ tail: 0 });
    await log.append(secret);
    await log.append(edit("e1", 1, "secret"));
    await log.append(message("r", "other", { text: "kept" }));
    await buryAll(log);
    await trimTo(log, 3);
    await log.append(remove("d", 1));
    const letters = await log.deadLetters(0, 10);
    expect(JSON.stringify(letters)).not.toContain("secret");
    expect(JSON.stringify(letters)).toContain("kept");
    expect(letters.map(({ error }) => error)).toEqual(["refused", "refused", "refused"]);
    await log.forget(
      0,
      letters.map(({ id }) => id),
    );
    expect(await log.deadLetters(0, 10)).toEqual([]);
  });

  test("what is put aside after its delete has no text, whenever it was read from the buffer", async () => {
    const log = await build();
    await log.append(secret);
    const read = await log.read(0, 10);
    await log.append(remove("d", 1));
    for (const one of read) await log.bury(0, one, "refused");
    const letters = await log.deadLetters(0, 10);
    expect(letters).toHaveLength(1);
    expect(JSON.stringify(letters)).not.toContain("secret");
  });
}
