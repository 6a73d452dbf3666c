import { beforeEach, expect, test } from "vitest";
import { RefusalLog } from "../../../src/adapters/socketio/refusal-log.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { ChatError } from "../../../src/protocol/errors.ts";
import { silentLogger } from "../../../src/telemetry/logger.ts";

const foreign = new ChatError("FORBIDDEN", "this origin is not allowed");
const full = new ChatError("RATE_LIMITED", "too many handshakes", { retryAfterMs: 17 });
const [foreignReason, fullReason] = ["FORBIDDEN: this origin is not allowed", "RATE_LIMITED: too many handshakes"];

let clock: ManualClock;
let lines: object[];
let log: RefusalLog;

beforeEach(() => {
  clock = new ManualClock();
  lines = [];
  const logger = { ...silentLogger, info: (fields: object, event: string) => void lines.push({ event, ...fields }) };
  log = new RefusalLog({ isAllowedOrigin: ({ origin }) => origin === "https://app.example", clock, logger });
});

const event = "handshakes refused";

test("the first refusal of each reason is logged at once, all others of a minute in one line with their counts", async () => {
  for (let i = 0; i < 1_000; i++) log.note(full, {});
  for (let i = 0; i < 10; i++) log.note(foreign, {});
  expect(lines).toEqual([
    { event, refused: { [fullReason]: 1 } },
    { event, refused: { [foreignReason]: 1 } },
  ]);
  await clock.advance(59_999);
  expect(lines).toHaveLength(2);
  await clock.advance(1);
  expect(lines.slice(2)).toEqual([{ event, refused: { [fullReason]: 999, [foreignReason]: 9 }, overMs: 60_000 }]);
});

test("a reason that goes on is one line a minute, and one that was absent for a minute is new again", async () => {
  for (let minute = 0; minute < 5; minute++) {
    for (let i = 0; i < 10; i++) log.note(full, {});
    await clock.advance(60_000);
  }
  expect(lines).toHaveLength(6);
  await clock.advance(600_000);
  expect(lines).toHaveLength(6);
  log.note(full, {});
  expect(lines.slice(6)).toEqual([{ event, refused: { [fullReason]: 1 } }]);
  await clock.advance(600_000);
  expect(lines).toHaveLength(7);
});

test("an origin that is not allowed is named with the setting that lets it in", () => {
  log.note(foreign, { origin: `http://localhost:5173${"x".repeat(1_000)}` });
  expect(lines).toMatchObject([{ hint: "to let pages of this origin in, add it to WEIR_ALLOWED_ORIGINS" }]);
  expect(JSON.stringify(lines).length).toBeLessThan(500);
});

test("an allowed origin that is refused for something else gets no hint", () => {
  log.note(new ChatError("FORBIDDEN", "no"), { origin: "https://app.example" });
  log.note(full, { origin: "https://evil.example" });
  expect(JSON.stringify(lines)).not.toContain("hint");
});

test("a fault of ours, and keys that can't be fetched, are logged with their cause", () => {
  const cause = new Error("connect ECONNREFUSED");
  log.note(new ChatError("UNAVAILABLE", "the keys can't be fetched", { cause }), {});
  log.note(cause, {});
  log.note(new ChatError("UNAUTHENTICATED", "the token's claim sub is refused", { cause }), {});
  expect(lines).toMatchObject([{ err: cause }, { err: cause }, {}]);
  expect(lines[2]).not.toHaveProperty("err");
});
