import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ChatError } from "../../../src/protocol/errors.ts";
import { limits } from "../../../src/protocol/limits.ts";
import { isTokenClaims } from "../../../src/protocol/token-claims.ts";
import { isRequestName, parseRequest } from "../../../src/protocol/validate.ts";

const send = { room: "r", id: "m", text: "x" };

test("only the events of the table are requests", () => {
  for (const name of ["room:join", "receipt", "auth:refresh"]) expect(isRequestName(name)).toBe(true);
  for (const name of ["room:destroy", "constructor", "__proto__", "toString", ""])
    expect(isRequestName(name)).toBe(false);
});

test("a right request comes back as it is", () => {
  expect(parseRequest("message:send", { ...send, meta: { a: [1, { b: null }] } })).toEqual({
    ...send,
    meta: { a: [1, { b: null }] },
  });
});

test("the error names the place of the fault", () => {
  expect(() => parseRequest("message:send", { ...send, id: { $gt: "" } })).toThrow("/id must be string");
  expect(() => parseRequest("message:send", undefined)).toThrow("request must be object");
});

describe("what a schema can't say", () => {
  const parsed = (json: string): unknown => JSON.parse(json);
  const meta = (value: unknown): unknown => ({ ...send, meta: { value } });
  const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });

  test.each([
    ["half a pair in the text", { ...send, text: "\uDC00" }],
    ["half a pair in a key", { ...send, meta: { "\uD800": 1 } }],
    ["a forbidden key", { ...send, meta: parsed(`{"__proto__":1}`) }],
    ["a forbidden key in a list", meta([{ prototype: 1 }])],
    ["a buffer", meta(Buffer.from("x"))],
    ["a date", meta(new Date(0))],
    ["too deep", meta(nested(limits.metaDepth))],
    ["very deep lists", meta(parsed("[".repeat(5_000) + "]".repeat(5_000)))],
  ])("%s is a bad request", (_what, payload) => {
    expect(() => parseRequest("message:send", payload)).toThrow(expect.objectContaining({ code: "BAD_REQUEST" }));
  });

  test.each([
    ["out of range", "1e400"],
    ["out of range below zero", "-1e400"],
    ["an integer beyond 2^53 - 1", "9007199254740993"],
    ["a negative integer beyond 2^53 - 1", "-9007199254740992"],
    ["a zero with a sign", "-0"],
  ])("a number in `meta` that is %s is a bad request, at any depth", (_what, number) => {
    for (const value of [number, `[${number}]`, `{"a":[{"b":${number}}]}`]) {
      const payload = meta(parsed(value));
      expect(() => parseRequest("message:send", payload)).toThrow(expect.objectContaining({ code: "BAD_REQUEST" }));
    }
  });

  test("numbers that can be kept come back as they were sent", () => {
    const numbers = [0, 1, -1, 0.1, -2.5e-300, 5e-324, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
    const payload = meta(numbers);
    expect(parsed(JSON.stringify(parseRequest("message:send", payload)))).toEqual(payload);
  });

  test("every number in `meta` is kept as it was sent or refused", () => {
    fc.assert(
      fc.property(fc.double(), (number) => {
        const payload = { ...send, meta: { value: number } };
        try {
          parseRequest("message:send", payload);
        } catch {
          return;
        }
        expect(Object.is(parsed(JSON.stringify(number)), number)).toBe(true);
      }),
    );
  });

  const invisible = [
    " ",
    "\t\n\r",
    "\u00a0",
    "\u2003\u3000",
    "\u200b",
    "\u200d\u2060\ufeff",
    "\u00ad",
    "\u3164",
    "\u2800",
    "\u202e",
    "\ufe0f",
    "\u0000",
  ];

  test.each(invisible.map((text) => [JSON.stringify(text), text]))(
    "a text of %s alone is a bad request, and so is such an emoji",
    (_shown, text) => {
      const about = { room: "r", id: "m", target: 1 };
      for (const request of [
        () => parseRequest("message:send", { ...send, text }),
        () => parseRequest("message:edit", { ...about, text }),
        () => parseRequest("message:react", { ...about, emoji: text, on: true }),
      ]) {
        expect(request).toThrow(expect.objectContaining({ code: "BAD_REQUEST" }));
      }
    },
  );

  test.each(["x", " x ", "\u200bx", "👩‍👩‍👧‍👦", "❤️", "1️⃣", "مرحبا", "क्ष", "¯", ".", "\u0301"])(
    "a text of %j is taken as it is",
    (text) => {
      expect(parseRequest("message:send", { ...send, text })).toEqual({ ...send, text });
    },
  );

  test("as deep as allowed is fine, and sizes count bytes", () => {
    expect(parseRequest("message:send", meta(nested(limits.metaDepth - 1)))).toBeDefined();
    expect(parseRequest("message:send", { ...send, text: "€".repeat(2_730) })).toBeDefined();
    expect(() => parseRequest("message:send", { ...send, text: "€" }, 2)).toThrow("text is over 2 bytes");
    expect(() => parseRequest("message:send", { ...send, text: "€".repeat(2_731) })).toThrow(
      expect.objectContaining({ code: "TOO_LARGE" }),
    );
    expect(() => parseRequest("message:edit", { ...send, target: 1, text: "€".repeat(2_731) })).toThrow(
      expect.objectContaining({ code: "TOO_LARGE" }),
    );
    expect(() => parseRequest("message:send", { ...send, meta: { a: "€".repeat(1_400) } })).toThrow(
      expect.objectContaining({ code: "TOO_LARGE" }),
    );
  });
});

test("whatever comes, the answer is a request or an error that a client may see", () => {
  fc.assert(
    fc.property(
      fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true, withMap: true }),
      (payload) => {
        try {
          parseRequest("message:send", payload);
        } catch (error) {
          expect(error).toBeInstanceOf(ChatError);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test("claims are taken only in their documented form", () => {
  const claims = { sub: "a", exp: 1_700_000_000 };
  expect(isTokenClaims({ ...claims, rooms: [{ room: "a:*", can: ["read"] }], other: {} })).toBe(true);
  for (const wrong of [
    {},
    { ...claims, sub: 1 },
    { ...claims, sub: "\uD800" },
    { ...claims, name: "\uD800" },
    { ...claims, rooms: {} },
    { ...claims, rooms: null },
    { ...claims, admin: "yes" },
  ]) {
    expect(isTokenClaims(wrong)).toBe(false);
  }
});
