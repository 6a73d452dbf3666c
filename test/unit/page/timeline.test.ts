import { expect, test } from "vitest";
import { differsInProgressOnly, type MessageRow, type Outgoing, type Row, rowsOf } from "../../../page/rows.ts";
import { Timeline } from "../../../page/timeline.ts";
import type { Entry } from "../../../src/client/index.ts";

const noon = new Date(2026, 4, 12, 12).getTime();

function said(seq: number, text: string, more: Partial<Entry> = {}): Entry {
  return {
    kind: "message",
    room: "r",
    epoch: "1",
    seq,
    id: `m${seq}`,
    from: { id: "ann", name: "Ann" },
    at: noon + seq,
    text,
    ...more,
  };
}

function edit(seq: number, target: number, text: string): Entry {
  return { ...said(seq, text), kind: "edit", target };
}

function rowsFrom(timeline: Timeline, outgoing: readonly Outgoing[] = [], storedSeq = 0): Row[] {
  return rowsOf({ timeline, outgoing, storedSeq, changing: new Set(), me: { id: "me", name: "Me" } });
}

function messages(rows: readonly Row[]): MessageRow[] {
  return rows.filter((row) => row.kind === "message");
}

test("changes are folded into the messages that they are about", () => {
  const timeline = new Timeline();
  timeline.add([said(1, "a"), said(2, "b"), edit(3, 1, "A"), { ...said(4, ""), kind: "delete", target: 2 }]);
  expect(messages(rowsFrom(timeline))).toMatchObject([
    { text: "A", edited: true },
    { text: "", deleted: true },
  ]);
});

test("a page of history that was read before a change was delivered shows the change all the same", () => {
  const timeline = new Timeline();
  timeline.add([said(9, "new"), edit(10, 3, "changed")]);
  timeline.prepend([said(3, "old")], false);
  expect(timeline.entries.map(({ text }) => text)).toEqual(["changed", "new"]);
  expect(timeline.complete).toBe(true);
});

test("an own message keeps its key from the first key stroke to the store", () => {
  const timeline = new Timeline();
  const out: Outgoing = { id: "x", text: "hi", at: noon, progress: "sending" };
  const [sending] = messages(rowsFrom(timeline, [out]));
  timeline.add([said(1, "hi", { id: "x", from: { id: "me", name: "Me" } })]);
  const [sent] = messages(rowsFrom(timeline, [out]));
  const [stored] = messages(rowsFrom(timeline, [], 1));
  expect([sending, sent, stored].map((row) => row?.progress)).toEqual(["sending", "sent", "stored"]);
  expect(sending && stored && differsInProgressOnly(sending, stored)).toBe(true);
  expect(new Set([sending, sent, stored].map((row) => row?.key)).size).toBe(1);
});

test("a day, a pause and another person each begin a new run", () => {
  const timeline = new Timeline();
  timeline.add([
    said(1, "a", { at: noon - 86_400_000 }),
    said(2, "b", { at: noon }),
    said(3, "c", { at: noon + 1 }),
    said(4, "d", { at: noon + 400_000 }),
    said(5, "e", { at: noon + 400_001, from: { id: "bob" } }),
  ]);
  const rows = rowsFrom(timeline);
  expect(rows.map(({ kind }) => kind)).toEqual(["day", "message", "day", "message", "message", "message", "message"]);
  expect(messages(rows).map(({ leads }) => leads)).toEqual([true, true, false, true, true]);
});

test("where something is lost the list says so, and what is loaded around it is read anew", () => {
  const timeline = new Timeline();
  timeline.add([said(1, "a"), said(2, "phantom")]);
  timeline.breakAfter(2);
  timeline.add([said(5, "later", { epoch: "2" })]);
  timeline.prepend([said(1, "a")], false);
  expect(rowsFrom(timeline).map(({ kind }) => kind)).toEqual(["day", "message", "break", "message"]);
});

test("a long list lets go of its oldest messages, which can be read again", () => {
  const timeline = new Timeline();
  timeline.prepend([], false);
  timeline.add(Array.from({ length: 601 }, (_, i) => said(i + 1, "x")));
  timeline.trim();
  expect(timeline.entries).toHaveLength(300);
  expect(timeline.oldest).toBe(302);
  expect(timeline.complete).toBe(false);
});
