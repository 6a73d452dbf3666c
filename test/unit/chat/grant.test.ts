import fc from "fast-check";
import { expect, test } from "vitest";
import { abilitiesIn, matchesRoom } from "../../../src/chat/grant.ts";

test.each([
  ["lobby", "lobby"],
  ["*", "lobby"],
  ["**", "lobby"],
  ["**", "team:7/general"],
  ["team:*", "team:7"],
  ["team:*/general", "team:7/general"],
  ["team:**", "team:7/general"],
  ["team-*-de", "team-7-de"],
  ["a*b*c", "axxbyyc"],
])("%s covers %s", (pattern, room) => {
  expect(matchesRoom(pattern, room)).toBe(true);
});

test.each([
  ["*", "team:7"],
  ["team:*", "team:7/general"],
  ["team:*", "team/7"],
  ["team:**", "team"],
  ["team:7", "team:77"],
  ["team:7/*", "team:7"],
  ["a*a", "a"],
  ["a*b*c", "axxc"],
  ["**:announcements", "lobby"],
  ["**:announcements", "team:announcements"],
  ["team:**:public", "team:7:secret"],
  ["", "lobby"],
])("%s does not cover %s", (pattern, room) => {
  expect(matchesRoom(pattern, room)).toBe(false);
});

test("a pattern without stars covers exactly itself", () => {
  const segment = fc.stringMatching(/^[a-z0-9]{1,6}$/);
  const room = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(":"));
  fc.assert(fc.property(room, room, (a, b) => matchesRoom(a, b) === (a === b)));
});

test("grants add up, and a room without one allows nothing", () => {
  const grants = [
    { room: "team:*", can: ["read"] },
    { room: "team:7", can: ["write"] },
  ] as const;
  expect([...abilitiesIn(grants, "team:7")]).toEqual(["read", "write"]);
  expect([...abilitiesIn(grants, "team:8")]).toEqual(["read"]);
  expect([...abilitiesIn(grants, "lobby")]).toEqual([]);
});
