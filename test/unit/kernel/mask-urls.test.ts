import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maskUrl, maskUrls } from "../../../src/kernel/mask-urls.ts";

const scheme = fc.constantFrom("https", "http", "redis", "rediss", "mongodb", "mongodb+srv", "amqp");
/** Letters that nothing else in a text has. */
const core = fc.stringMatching(/^[QZ]{8}$/);
const marks = "abc019!$&'()*+,;=:@/?#%[]\"<>\\|^`{}~.-_é";
const noise = fc.string({ unit: fc.constantFrom("😀", ...marks.split("")), maxLength: 12 });
/** A password as people write it, with all that a URL would have escaped. */
const secret = fc.tuple(noise, core, noise).map((parts) => parts.join(""));
const blankSecret = fc.tuple(secret, secret).map(([one, other]) => `${one} ${other}`);
const host = fc.constantFrom("h", "id.example.com", "a:1,b:2", "[::1]:6379", "localhost:80");
const path = fc.constantFrom("", "/", "/keys", "/db");

interface Url {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
}
const url = fc.record({ scheme, host, path });
const words = fc.stringMatching(/^[a-z ]{0,20}$/);

function isClean(text: string): boolean {
  return !/[QZ]/.test(text);
}

describe("a text", () => {
  test("has no user info and no query of any URL left, wherever it stands and whatever is in it", () => {
    const around = fc.record({ before: words, after: words, quote: fc.constantFrom("", '"', "'", "(", "<") });
    const form = ({ scheme: s, host: h, path: p }: Url, user: string, query: string): readonly string[] => [
      `${s}://${user}@${h}${p}`,
      `${s}://u:${user}@${h}${p}`,
      `${s}://${h}${p}?token=${query}`,
      `${s}://${user}@${h}${p}?${query}`,
      `${s}://${h},${s}://${user}@${h}`,
    ];
    fc.assert(
      fc.property(url, secret, secret, around, (parts, user, query, { before, after, quote }) => {
        for (const one of form(parts, user, query)) {
          const masked = maskUrls(`${before} ${quote}${one}${quote} ${after}`);
          expect({ masked, isClean: isClean(masked) }).toEqual({ masked, isClean: true });
          expect(maskUrls(masked)).toBe(masked);
          expect(masked.startsWith(before)).toBe(true);
          expect(masked.endsWith(after)).toBe(true);
        }
      }),
    );
  });

  test.each([
    ["", ""],
    ["no URL: bob@example.com?", "no URL: bob@example.com?"],
    ["connect https://id.example.com/keys failed", "connect https://id.example.com/keys failed"],
    ["https://ada:pw@id.example.com/keys?a=b is", "https://(hidden)@id.example.com/keys?(hidden) is"],
    ["redis://:p/w#y@r:6379/1", "redis://(hidden)@r:6379/1"],
    ["redis://:p?w@r:6379/1", "redis://(hidden)"],
    ["https://id.example.com/keys?login=a@b", "https://(hidden)"],
    ["mongodb://u:p@a:1,b:2/db?authSource=x", "mongodb://(hidden)@a:1,b:2/db?(hidden)"],
    ["at file:///app/node_modules/@scope/x.js:1:2", "at file:///app/node_modules/@scope/x.js:1:2"],
    ["(file:///app/x.js,https://u:p@h", "(file:///app/x.js,https://(hidden)@h"],
    ["profile://u:p@h", "profile://(hidden)@h"],
  ])("%j becomes %j", (text, masked) => {
    expect(maskUrls(text)).toBe(masked);
  });

  test("of a quarter of a megabyte is masked in two seconds, whatever is in it", () => {
    for (const part of ["://", "a://b ", "@", "file://", "https://u@h?"]) {
      const text = part.repeat(262_144 / part.length);
      const start = performance.now();
      maskUrls(text);
      expect(performance.now() - start).toBeLessThan(2_000);
    }
  });
});

describe("a text that is meant to be one URL", () => {
  test("has no user info and no query left, also with blanks, a wrong scheme or none", () => {
    const begin = fc.constantFrom(
      "https://",
      "https:/",
      "https:",
      "https:\\\\",
      "https//",
      "",
      " redis://",
      "http:///",
    );
    fc.assert(
      fc.property(begin, host, path, fc.oneof(secret, blankSecret), (start, h, p, user) => {
        expect(isClean(maskUrl(`${start}u:${user}@${h}${p}`))).toBe(true);
        if (/:[\\/]/.test(start)) expect(isClean(maskUrl(`${start}${h}${p}?${user}`))).toBe(true);
      }),
    );
  });

  test.each([
    ["https://id.example.com/keys", "https://id.example.com/keys"],
    ["https://ada:p w@id.example.com/keys?a b", "https://(hidden)@id.example.com/keys?(hidden)"],
    ["ada:pw@id.example.com", "(hidden)@id.example.com"],
    ['{"team:ada@home":["read"]}', '{"team:ada@home":["read"]}'],
    ["10.0.0.0/8", "10.0.0.0/8"],
    ["ada@example.com", "ada@example.com"],
  ])("%j becomes %j", (text, masked) => {
    expect(maskUrl(text)).toBe(masked);
  });
});
