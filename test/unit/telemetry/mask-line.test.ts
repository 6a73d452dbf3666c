import fc from "fast-check";
import { expect, test } from "vitest";
import { maskLine } from "../../../src/telemetry/logger.ts";

test("a log line has no user info and no query of a URL, in whatever field, and stays the JSON that it was", () => {
  const secret = fc.stringMatching(/^[QZ]{8}[a-z"\\{}:,!]{0,6}[QZ]{4}$/);
  const line = fc.record({
    text: fc.string(),
    words: fc.stringMatching(/^[a-z"\\ \n]{0,12}$/),
    secret,
    deep: fc.jsonValue(),
  });
  fc.assert(
    fc.property(line, ({ text, words, secret: password, deep }) => {
      const url = `redis://u:${password}@r:6379/1`;
      const plain = { text, deep, [`${words}x`]: 7 };
      const masked = maskLine(
        `${JSON.stringify({ ...plain, url, err: { message: `${words} ${url}` }, list: [url] })}\n`,
      );
      expect(masked).not.toMatch(/[QZ]{8}/);
      const read: unknown = JSON.parse(masked);
      expect(read).toMatchObject({
        ...(text.includes("://") ? {} : { text }),
        [`${words}x`]: 7,
        url: "redis://(hidden)@r:6379/1",
        err: { message: `${words} redis://(hidden)@r:6379/1` },
        list: ["redis://(hidden)@r:6379/1"],
      });
    }),
  );
});

test("a line without URLs, and a URL without secrets, are not touched", () => {
  for (const line of ['{"a":"b@c?d"}\n', '{"origin":"https://app.example.com","n":1}\n', "no JSON at all\n"])
    expect(maskLine(line)).toBe(line);
});
