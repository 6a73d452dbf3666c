import fc from "fast-check";
import { expect, test } from "vitest";
import { groupName } from "../../../src/adapters/socketio/group-name.ts";

test("no room has a group that the adapter takes for a single socket, and no two rooms have the same", () => {
  expect(groupName("r")).toBe("r:r");
  expect(groupName("x".repeat(18))).toBe(`r:${"x".repeat(18)}:`);
  const room = fc.string({ unit: fc.constantFrom("a", "b", "-"), minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(room, room, (one, other) => {
      expect(groupName(one)).not.toHaveLength(20);
      expect(groupName(one) === groupName(other)).toBe(one === other);
    }),
  );
});
