import { expect, test } from "vitest";
import { parseEntry } from "../../../src/chat/parse-entry.ts";

const entry = { kind: "message", room: "lobby", id: "m", from: { id: "ada" }, epoch: "1", seq: 1, at: 2, text: "hi" };

test("an entry that was written as JSON is read as it was, of every kind", () => {
  for (const kind of ["message", "edit", "delete", "reaction", "system"])
    expect(parseEntry(JSON.stringify({ ...entry, kind }))).toEqual({ ...entry, kind });
});

test.each(["room", "id", "from", "epoch", "seq", "at", "kind"])("without its %s it is no entry", (name) => {
  expect(parseEntry(JSON.stringify({ ...entry, [name]: undefined }))).toBeUndefined();
});

test.each([{ kind: "greeting" }, { seq: "1" }, { at: "2" }, { epoch: 1 }, { from: "ada" }, { from: { id: 1 } }])(
  "with %j it is no entry",
  (wrong) => {
    expect(parseEntry(JSON.stringify({ ...entry, ...wrong }))).toBeUndefined();
  },
);

test.each(["", "{", "null", "1", "[]"])("%j is no entry", (text) => {
  expect(parseEntry(text)).toBeUndefined();
});
