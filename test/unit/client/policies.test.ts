import fc from "fast-check";
import { expect, test } from "vitest";
import { failuresAfterLoss, reconnectDefaults, reconnectDelay } from "../../../src/client/reconnect-policy.ts";
import { decideRetry } from "../../../src/client/retry-policy.ts";
import { chooseRoute } from "../../../src/client/route.ts";
import { readError } from "../../../src/client/wire-guards.ts";
import { ChatError, type ErrorCode, errorCatalogue } from "../../../src/protocol/errors.ts";

const random = fc.double({ min: 0, max: 0.999_999, noNaN: true });
const codes = fc
  .constantFrom(...Object.keys(errorCatalogue))
  .filter((code): code is ErrorCode => code in errorCatalogue);

test("the first try is spread over 5 s, later ones over half of a bound that grows to 30 s", () => {
  fc.assert(
    fc.property(fc.nat(100), random, (failures, r) => {
      const delay = reconnectDelay(reconnectDefaults, { failures, random: r });
      const bound = Math.min(30_000, 2_000 * 2 ** (failures - 1));
      const wait = failures === 0 ? r * 5_000 : ((1 + r) * bound) / 2;
      expect(Math.abs(delay - wait)).toBeLessThanOrEqual(0.5);
    }),
  );
});

test("a time that the server asks for is never shortened and stretched by a fifth at most", () => {
  fc.assert(
    fc.property(fc.nat(60_000), fc.nat(20), random, (askedMs, failures, r) => {
      const delay = reconnectDelay(reconnectDefaults, { failures, askedMs, random: r });
      expect(delay).toBeGreaterThanOrEqual(askedMs);
      expect(delay).toBeLessThanOrEqual(Math.ceil(askedMs * 1.2));
    }),
  );
});

test("only a connection that lived for a minute clears what failed before it", () => {
  expect(failuresAfterLoss(reconnectDefaults, 4, 59_999)).toBe(5);
  expect(failuresAfterLoss(reconnectDefaults, 4, 60_000)).toBe(0);
});

test("a retry comes before the deadline and not before the server's time; other errors end the request", () => {
  fc.assert(
    fc.property(
      fc.record({ code: codes, attempt: fc.nat(40), leftMs: fc.integer({ min: -5, max: 60_000 }), random }),
      fc.option(fc.nat(20_000), { nil: undefined }),
      ({ code, ...facts }, retryAfterMs) => {
        const error = new ChatError(code, code, retryAfterMs === undefined ? {} : { retryAfterMs });
        const verdict = decideRetry({ ...facts, error });
        if (verdict.kind === "end") {
          const hopeless =
            !errorCatalogue[code].retryable && !["NOT_IN_ROOM", "AUTH_EXPIRED", "UNAUTHENTICATED"].includes(code);
          expect(hopeless || facts.leftMs <= 0 || (retryAfterMs ?? 0) >= facts.leftMs).toBe(true);
          return;
        }
        expect(verdict.afterMs).toBeLessThanOrEqual(facts.leftMs);
        if (retryAfterMs === undefined) expect(verdict.afterMs).toBeLessThanOrEqual(10_000);
        else expect(verdict.afterMs).toBe(retryAfterMs);
      },
    ),
  );
});

test("a single error may say that a retry never helps, whatever is usual for its code", () => {
  const facts = { attempt: 0, leftMs: 60_000, random: 0 };
  const full = readError({ code: "ROOM_FULL", message: "at most 200 rooms", retryable: false });
  const taken = readError({ code: "ROOM_FULL", message: "at most 9 members", retryable: true, retryAfterMs: 5_000 });
  if (full === undefined || taken === undefined) throw new Error("not read");
  expect(decideRetry({ ...facts, error: full })).toEqual({ kind: "end" });
  expect(decideRetry({ ...facts, error: taken })).toEqual({ kind: "retry", afterMs: 5_000 });
});

test("every third try takes another way, until one of them works", () => {
  expect(chooseRoute([{ path: "/rt", transports: ["websocket"] }], 0, 2)).toBe(0);
  const routes = [
    { path: "/rt", transports: ["websocket" as const] },
    { path: "/socket.io", transports: ["polling" as const] },
  ];
  expect([0, 1, 2, 3, 4, 5].map((failures) => chooseRoute(routes, 0, failures))).toEqual([0, 0, 1, 0, 0, 1]);
});
