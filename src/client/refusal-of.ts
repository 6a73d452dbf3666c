import type { Refusal } from "./wire.ts";

/**
 * What a failed try to connect says. A refusal of the namespace has its data; one of the polling transport has the HTTP answer; of a refused
 * WebSocket, Node tells the status and a browser tells nothing.
 */
export function refusalOf(error: Error): Refusal {
  const { message } = error;
  const data = "data" in error ? error.data : (answerOf(error) ?? statusOf(error));
  return data === undefined ? { message } : { message, data };
}

function answerOf(error: Error): unknown {
  const text = field(field(error, "context"), "responseText");
  if (typeof text !== "string" || !text.startsWith("{")) return undefined;
  try {
    return field(JSON.parse(text), "error");
  } catch {
    return undefined;
  }
}

/** Too many handshakes or too much to do: there is a gateway at the other end, and no time that it asked for. */
function statusOf(error: Error): unknown {
  const reason = field(field(error, "description"), "message");
  return typeof reason === "string" && /response: (429|503)$/.test(reason) ? { code: "RATE_LIMITED" } : undefined;
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && name in value ? Reflect.get(value, name) : undefined;
}
