import { expect, test } from "vitest";
import { refusalOf } from "../../../src/client/refusal-of.ts";

const asError = (message: string, more: object): Error => Object.assign(new Error(message), more);

test("a refusal of the namespace brings its data", () => {
  const data = { code: "RATE_LIMITED", retryAfterMs: 500 };
  expect(refusalOf(asError("no", { data }))).toEqual({ message: "no", data });
});

test("a refusal of the polling transport brings what the HTTP answer says", () => {
  const error = { code: "OVERLOADED", message: "much to do", retryable: true, retryAfterMs: 700 };
  const context = { status: 503, responseText: JSON.stringify({ error }) };
  expect(refusalOf(asError("xhr poll error", { context }))).toEqual({ message: "xhr poll error", data: error });
});

test.each(["", "<html>502</html>", "{", "{}", "[]"])(
  "an answer of %j, which is no refusal of ours, brings nothing",
  (responseText) => {
    expect(refusalOf(asError("xhr poll error", { context: { responseText } }))).toEqual({ message: "xhr poll error" });
  },
);

test("where a refused WebSocket tells its status, the gateway was reached; where it does not, nobody knows", () => {
  const refused = { description: { message: "Unexpected server response: 429" } };
  expect(refusalOf(asError("websocket error", refused)).data).toEqual({ code: "RATE_LIMITED" });
  expect(refusalOf(asError("websocket error", { description: {} }))).toEqual({ message: "websocket error" });
});
