import { expect, test } from "vitest";
import { isPlaceholder, placeholderFor } from "../../../src/chat/placeholder.ts";

test("a placeholder takes the place of an entry and can't be taken for one of a sender", () => {
  const held = placeholderFor({ room: "lobby", epoch: "1", seq: 7, at: 5 });
  expect(held).toMatchObject({ kind: "system", room: "lobby", epoch: "1", seq: 7, at: 5 });
  expect(isPlaceholder(held)).toBe(true);
  expect(isPlaceholder({ ...held, from: { id: "ada" } })).toBe(false);
  expect(isPlaceholder({ ...held, id: "held" })).toBe(false);
});
