import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { refuseUpgrade } from "../../../src/adapters/socketio/refusal.ts";
import { ChatError } from "../../../src/protocol/errors.ts";

async function refusal(error: unknown, extra: Readonly<Record<string, string>> = {}) {
  const socket = new PassThrough();
  refuseUpgrade(socket, error, extra);
  const [head = "", body = ""] = (await text(socket)).split("\r\n\r\n");
  const [status, ...lines] = head.split("\r\n");
  const headers: unknown = Object.fromEntries(lines.map((line) => line.split(": ")));
  return { status, headers, body };
}

test("a refused upgrade is a whole HTTP answer with the status of its code, and ends the connection", async () => {
  const { status, headers, body } = await refusal(new ChatError("DRAINING", "leaving"), { "set-cookie": "a=b" });
  expect(status).toBe("HTTP/1.1 503 Service Unavailable");
  expect(JSON.parse(body)).toEqual({ error: { code: "DRAINING", message: "leaving", retryable: true } });
  expect(headers).toEqual({
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    connection: "close",
    "set-cookie": "a=b",
  });
});

test("the seconds of Retry-After are not fewer than the milliseconds that it says in its body", async () => {
  for (const [retryAfterMs, seconds] of [
    [1, "1"],
    [1_000, "1"],
    [1_001, "2"],
  ] as const) {
    const { headers, body } = await refusal(new ChatError("RATE_LIMITED", "wait", { retryAfterMs }));
    expect(headers).toMatchObject({ "retry-after": seconds });
    expect(JSON.parse(body)).toMatchObject({ error: { retryAfterMs } });
  }
});

test("the length of a refusal counts bytes", async () => {
  const { headers, body } = await refusal(new ChatError("FORBIDDEN", "né"));
  expect(headers).toMatchObject({ "content-length": String(body.length + 1) });
});

test("a fault of ours keeps its text to itself", async () => {
  const { status, body } = await refusal(new Error("the password is hunter2"));
  expect(status).toContain("500");
  expect(body).not.toContain("hunter2");
});
