import fc from "fast-check";
import { expect, test } from "vitest";
import { matchesRoom } from "../../../src/chat/room-match.ts";
import {
  compareSpecificity,
  isRoomPattern,
  parsePattern,
  patternsOverlap,
} from "../../../src/chat/room-policy-pattern.ts";

const letters = fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 3 });
const room = fc.array(letters, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(":"));
const segment = fc
  .string({ unit: fc.constantFrom("a", "b", "*"), minLength: 1, maxLength: 4 })
  .filter((text) => !text.includes("**"));
const pattern = fc
  .tuple(fc.array(segment, { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([parts, open]) => [...parts, ...(open ? ["**"] : [])].join(":"));

function overlap(a: string, b: string): boolean {
  return patternsOverlap(parsePattern(a), parsePattern(b));
}

test.each(["lobby", "*", "**", "team:*", "team:**", "team:7/g*l", "a*b*c", "x/**"])("%s is a pattern", (text) => {
  expect(isRoomPattern(text)).toBe(true);
});

test.each(["", "**x", "x**", "a:**:b", "a b", "a::b", ":a", "a***", "a:***", "x".repeat(129)])(
  "%j is no pattern",
  (text) => {
    expect(isRoomPattern(text)).toBe(false);
  },
);

test.each([
  ["team:7", "team:*"],
  ["team:7*", "team:*"],
  ["team:*", "team:**"],
  ["team:**", "*:7"],
  ["team:*", "**"],
  ["team:ab*", "team:a*"],
  ["team:*ab*", "team:*a*b*"],
])("%s is more specific than %s", (narrow, wide) => {
  expect(compareSpecificity(narrow, wide)).toBeLessThan(0);
  expect(compareSpecificity(wide, narrow)).toBeGreaterThan(0);
});

test("specificity is an order: it has no circles, and is the same seen from both sides", () => {
  fc.assert(
    fc.property(pattern, pattern, pattern, (a, b, c) => {
      expect(Math.sign(compareSpecificity(a, b))).toBe(0 - Math.sign(compareSpecificity(b, a)));
      const inOrder = [a, b, c].sort(compareSpecificity);
      for (const [i, one] of inOrder.entries())
        for (const later of inOrder.slice(i + 1)) expect(compareSpecificity(one, later)).toBeLessThanOrEqual(0);
    }),
  );
});

test("a pattern made wider is less specific", () => {
  const cut = fc.nat();
  fc.assert(
    fc.property(room, cut, fc.constantFrom("*", "**"), (narrow, at, star) => {
      const parts = narrow.split(":");
      const place = at % parts.length;
      const wide = star === "*" ? parts.with(place, "*") : [...parts.slice(0, place), "**"];
      expect(matchesRoom(wide.join(":"), narrow)).toBe(true);
      expect(compareSpecificity(narrow, wide.join(":"))).toBeLessThan(0);
    }),
  );
});

test("patterns that match a common room overlap", () => {
  const forms = [(t: string) => t, () => "*", (t: string) => `${t[0]}*`, (t: string) => `*${t.at(-1)}`] as const;
  const choice = fc.array(fc.constantFrom(...forms), { minLength: 3, maxLength: 3 });
  const widen = (name: string, by: readonly ((text: string) => string)[]): string =>
    name
      .split(":")
      .map((part, i) => by[i]?.(part) ?? part)
      .join(":");
  fc.assert(
    fc.property(room, choice, choice, (name, first, second) => {
      const [a, b] = [widen(name, first), widen(name, second)];
      expect(matchesRoom(a, name) && matchesRoom(b, name)).toBe(true);
      expect(overlap(a, b) && overlap(b, a) && overlap("**", a)).toBe(true);
    }),
  );
});

test("patterns that overlap have a common room", () => {
  const words = [
    "a",
    "b",
    "aa",
    "ab",
    "ba",
    "bb",
    "aab",
    "aba",
    "abb",
    "baa",
    "bab",
    "bba",
    "abab",
    "baba",
    "aabb",
    "bbaa",
    "aaa",
    "bbb",
    "abba",
    "baab",
    "ababa",
    "babab",
    "aabba",
    "baaba",
    "bababa",
  ];
  const rooms = [...words, ...words.flatMap((one) => words.map((other) => `${one}:${other}`))];
  const short = fc
    .array(fc.constantFrom("a", "b", "ab", "*", "a*", "*b", "b*a", "*a*", "a*b*a"), { minLength: 1, maxLength: 2 })
    .map((parts) => parts.join(":"));
  fc.assert(
    fc.property(short, short, (a, b) => {
      const common = rooms.some((name) => matchesRoom(a, name) && matchesRoom(b, name));
      expect(overlap(a, b)).toBe(common);
    }),
  );
});
