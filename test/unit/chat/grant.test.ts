import fc from "fast-check";
import { expect, test } from "vitest";
import { abilitiesIn } from "../../../src/chat/grant.ts";
import { matchesRoom } from "../../../src/chat/room-match.ts";

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
  ["a*b*c*d", "abcd"],
  ["a*b*c*d", "axcxbxcxd"],
  ["*ab*ab*", "abab"],
])("%s covers %s", (pattern, room) => {
  expect(matchesRoom(pattern, room)).toBe(true);
});

test.each([
  ["*", "team:7"],
  ["team:*", "team:7/general"],
  ["team:*", "team/7"],
  ["*:7", "team/7"],
  ["*/7", "team:7"],
  ["team:**", "team"],
  ["team:7", "team:77"],
  ["team:7/*", "team:7"],
  ["a*a", "a"],
  ["a*b*c", "axxc"],
  ["a*b*c*d", "acbd"],
  ["a*b*b*c", "abc"],
  ["*ab*ab*", "ab"],
  ["*aba*aba*", "ababa"],
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

test("stars within a segment stand for any characters, and what is between them has to come in its order", () => {
  const letters = fc.stringMatching(/^[ab*]{1,6}$/).filter((pattern) => !pattern.includes("**"));
  const room = fc.stringMatching(/^[ab]{1,7}$/);
  fc.assert(
    fc.property(letters, room, (pattern, name) => {
      const expression = new RegExp(`^${pattern.replaceAll("*", ".*")}$`);
      expect(matchesRoom(pattern, name)).toBe(expression.test(name));
    }),
    { numRuns: 500 },
  );
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
