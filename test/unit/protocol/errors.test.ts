import { expect, test } from "vitest";
import { ChatError, errorCatalogue, toWireError } from "../../../src/protocol/errors.ts";

test("a coded error reaches the client with what to do about it", () => {
  expect(toWireError(new ChatError("RATE_LIMITED", "slow down", { retryAfterMs: 200 }))).toEqual({
    code: "RATE_LIMITED",
    message: "slow down",
    retryable: true,
    retryAfterMs: 200,
  });
  expect(toWireError(new ChatError("FORBIDDEN", "no"))).toEqual({ code: "FORBIDDEN", message: "no", retryable: false });
});

test("an error without a code keeps its text to itself", () => {
  expect(toWireError(new Error("password is hunter2"))).toEqual({
    code: "INTERNAL",
    message: "internal error",
    retryable: true,
  });
  expect(toWireError("text")).toMatchObject({ code: "INTERNAL" });
});

test("a cause is kept for the log", () => {
  const cause = new Error("socket hang up");
  expect(new ChatError("UNAVAILABLE", "log", { cause }).cause).toBe(cause);
});

test("every code says when it happens", () => {
  for (const fact of Object.values(errorCatalogue)) expect(fact.meaning).toMatch(/^[A-Z].*\.$/);
});
