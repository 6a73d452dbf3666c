import fc from "fast-check";
import { expect, test } from "vitest";
import { faultInOriginPattern, originMatcher } from "../../../src/kernel/origin-pattern.ts";

test.each([
  "https://app.example.com",
  "http://localhost:5173",
  "http://[::1]:3000",
  "capacitor://localhost",
  "ionic://localhost",
  "tauri://localhost",
  "http://tauri.localhost",
  "app://app.example",
  "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
  "moz-extension://5a1c4d2e-0000-4000-8000-1234567890ab",
  "safari-web-extension://5A1C4D2E-0000-4000-8000-1234567890AB",
  "null",
  "file://",
])("%s, as browsers and web views send it, is allowed where it is listed, and alone", (origin) => {
  expect(faultInOriginPattern(origin)).toBeUndefined();
  const isAllowed = originMatcher([origin]);
  expect(isAllowed(origin)).toBe(true);
  expect(isAllowed(`${origin}x`)).toBe(false);
  expect(isAllowed("https://evil.example")).toBe(false);
});

test.each([
  ["https://app.example.com/", "write https://app.example.com"],
  ["https://App.example.com:443", "write https://app.example.com"],
  ["wss://app.example.com", "write https://app.example.com"],
  ["ws://localhost:5173", "write http://localhost:5173"],
  ["app.example.com", "scheme and host"],
  ["capacitor://localhost/", "scheme and host"],
  ["Capacitor://localhost", "scheme and host"],
  ["https://a b", "scheme and host"],
  ["", "scheme and host"],
  ["*", "one label"],
  ["https://*", "one whole label"],
  ["https://*.com", "one whole label"],
  ["https://*.*.example.com", "one whole label"],
  ["https://app.*.example.com", "one whole label"],
  ["https://app-*.example.com", "one whole label"],
  ["https://*.example.com/", "one whole label"],
  ["https://*.Example.com", "one whole label"],
  ["https://*.example.com:443", "one whole label"],
  ["https://app.example.com:*", "loopback"],
  ["capacitor://*", "one label"],
])("%j is refused with the reason", (text, reason) => {
  expect(faultInOriginPattern(text)).toContain(reason);
});

test("a wildcard stands for exactly one label, never for none, for two, or for the end of another domain", () => {
  expect(faultInOriginPattern("https://*.example.com")).toBeUndefined();
  const isAllowed = originMatcher(["https://*.example.com", "https://*.example.org:8443"]);
  expect(
    ["https://app.example.com", "https://x-1.example.com", "https://a.example.org:8443"].filter(isAllowed),
  ).toHaveLength(3);
  const others = [
    "https://example.com",
    "https://.example.com",
    "https://a.b.example.com",
    "https://aexample.com",
    "https://evil.com/.example.com",
    "https://evil.com:1.example.com",
    "https://user@x.example.com",
    "https://evil.example.com.evil.com",
    "https://evil%2e.example.com",
    "https://EVIL.example.com",
    "http://app.example.com",
    "https://app.example.com:8443",
    "https://a.example.org",
    "null",
  ];
  expect(others.filter(isAllowed)).toEqual([]);
});

test("a star for the port of a loopback host stands for every port, and for no other host", () => {
  const patterns = ["http://localhost:*", "http://127.0.0.1:*", "https://[::1]:*"];
  expect(patterns.map(faultInOriginPattern)).toEqual([undefined, undefined, undefined]);
  const isAllowed = originMatcher(patterns);
  const own = ["http://localhost:5173", "http://localhost", "http://127.0.0.1:8080", "https://[::1]:1"];
  expect(own.filter(isAllowed)).toEqual(own);
  const others = [
    "https://localhost:5173",
    "http://localhost.evil.com",
    "http://localhost:1.evil.com",
    "http://localhost:",
    "http://localhost:123456",
  ];
  expect(others.filter(isAllowed)).toEqual([]);
});

test("whatever a wildcard lets in is a host with one label more, and what has no fault is matched as it stands", () => {
  const isAllowed = originMatcher(["https://*.example.com"]);
  fc.assert(
    fc.property(fc.oneof(fc.webAuthority(), fc.string(), fc.domain()), (host) => {
      const origin = `https://${host}.example.com`;
      if (isAllowed(origin)) expect(new URL(origin).hostname).toMatch(/^[^.]+\.example\.com$/);
      const listed = `https://${host}`;
      if (faultInOriginPattern(listed) === undefined && !listed.includes("*"))
        expect(originMatcher([listed])(listed)).toBe(true);
    }),
    { numRuns: 500 },
  );
});
