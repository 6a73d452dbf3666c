import fc from "fast-check";
import { expect, test } from "vitest";
import { stretches } from "../../../page/linkify.ts";

test("the stretches of a text are the text, and only http and https become links", () => {
  const word = fc.constantFrom(
    "a ",
    "https://x.test/p?q=1",
    "http://[",
    "javascript:alert(1)",
    "<b>",
    ")",
    "(",
    ".",
    "\n",
    "ftp://x ",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(word, fc.string()), { maxLength: 12 }), (words) => {
      const text = words.join("");
      const found = stretches(text);
      expect(found.map((stretch) => stretch.text).join("")).toBe(text);
      for (const { href } of found) if (href !== undefined) expect(new URL(href).protocol).toMatch(/^https?:$/);
    }),
  );
});

test.each([
  ["see https://x.test/a.", "https://x.test/a"],
  ["(https://x.test/a)", "https://x.test/a"],
  ["https://x.test/a_(b)", "https://x.test/a_(b)"],
  ["Really? https://x.test/a?b=c!", "https://x.test/a?b=c"],
])("in %j the address ends where a reader would end it", (text, link) => {
  expect(stretches(text).filter(({ href }) => href !== undefined)).toEqual([{ text: link, href: link }]);
});

test("however long and odd a text is, its stretches are the text", () => {
  const part = fc.constantFrom(
    "http://a",
    "https://x.test/",
    ")",
    "(",
    ".",
    "!?",
    "a",
    " ",
    "[",
    "%",
    "\u{1f600}",
    "http://",
  );
  const repeated = fc.tuple(part, fc.constantFrom(1, 2, 32_000)).map(([text, times]) => text.repeat(times));
  fc.assert(
    fc.property(fc.array(repeated, { minLength: 1, maxLength: 4 }), (parts) => {
      const text = parts.join("").slice(0, 32_768);
      const found = stretches(text);
      expect(found.map((stretch) => stretch.text).join("")).toBe(text);
      for (const { href = "" } of found) expect(href.length).toBeLessThan(10_000);
    }),
    { examples: [[["http://a", ")".repeat(32_000)]], [["http://a", ".".repeat(32_000), "a"]]] },
  );
});
