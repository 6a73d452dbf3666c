import { expect, test } from "vitest";
import { createCrossOrigin } from "../../../src/adapters/socketio/cross-origin.ts";

const crossOrigin = createCrossOrigin(["https://app.example.com"]);

test("a page of another port, of another host, or of no host is refused", () => {
  const host = "chat.example.com:3000";
  const foreign = [
    "http://chat.example.com:5173",
    "http://chat.example.com",
    "http://example.com:3000",
    "null",
    "\\",
    "",
  ];
  expect(foreign.filter((origin) => crossOrigin.isAllowed({ origin, host }))).toEqual([]);
  expect(crossOrigin.isAllowed({ origin: "http://chat.example.com:3000", host })).toBe(true);
});

test("clients that send no origin are no browser, and are let in", () => {
  expect(crossOrigin.isAllowed({ host: "chat.example.com" })).toBe(true);
});

test("an origin that can't be read is never the own one, also where the request names no host", () => {
  for (const headers of [{ origin: "null" }, { origin: "file://", host: "" }, { origin: "\\", host: "" }])
    expect(crossOrigin.isAllowed(headers)).toBe(false);
});

test("answers may be read by pages of the listed origins only", () => {
  expect(crossOrigin.answerHeaders({ origin: "https://app.example.com" })).toEqual({
    "access-control-allow-origin": "https://app.example.com",
    "access-control-allow-credentials": "true",
    "access-control-expose-headers": "Retry-After",
    vary: "Origin",
  });
  for (const headers of [{}, { origin: "https://evil.example" }, { origin: "http://own", host: "own" }]) {
    expect(crossOrigin.answerHeaders(headers)).toEqual({});
    expect(crossOrigin.preflightHeaders(headers)).toBeUndefined();
  }
});
