/*
 * Engine.IO 4 and Socket.IO 5 as text frames: an Engine.IO digit, and for messages a Socket.IO digit, `/namespace,`, the number of
 * an acknowledgement, and JSON. Pure, so that it runs in k6 and is tested under Node.
 */

export type Frame =
  /** Engine.IO's greeting: how often the server pings, and how long it waits for the answer. */
  | { readonly kind: "open"; readonly pingIntervalMs: number; readonly pingTimeoutMs: number }
  /** To be answered with `pong`, or the server closes. */
  | { readonly kind: "ping" }
  | { readonly kind: "close" }
  | { readonly kind: "noop" }
  | { readonly kind: "connected"; readonly namespace: string }
  | { readonly kind: "refused"; readonly namespace: string; readonly error: unknown }
  | { readonly kind: "disconnected"; readonly namespace: string }
  | { readonly kind: "event"; readonly namespace: string; readonly event: string; readonly payload: unknown }
  | { readonly kind: "answer"; readonly namespace: string; readonly id: number; readonly payload: unknown };

interface Packet {
  readonly type: string;
  readonly namespace: string;
  readonly id: number | undefined;
  readonly data: unknown;
}

export const pong = "3";
export const namespaceLeave = (namespace: string): string => `41${namespace},`;

/** @param auth what the server gets as `handshake.auth` */
export function namespaceConnect(namespace: string, auth: object): string {
  return `40${namespace},${JSON.stringify(auth)}`;
}

/** @param id where an answer is wanted: a number that no open request has */
export function encodeEvent(namespace: string, event: string, payload: unknown, id?: number): string {
  return `42${namespace},${id ?? ""}${JSON.stringify([event, payload])}`;
}

/** Throws for what is no such frame, and for binary ones, which a chat never sends. */
export function decodeFrame(text: string): Frame {
  switch (text.charAt(0)) {
    case "0":
      return decodeOpen(text);
    case "1":
      return { kind: "close" };
    case "2":
      return { kind: "ping" };
    case "3":
    case "6":
      return { kind: "noop" };
    case "4":
      return decodeMessage(readPacket(text));
    default:
      throw broken(text);
  }
}

function decodeOpen(text: string): Frame {
  const greeting: unknown = JSON.parse(text.slice(1));
  const [pingIntervalMs, pingTimeoutMs] = [field(greeting, "pingInterval"), field(greeting, "pingTimeout")];
  if (typeof pingIntervalMs !== "number" || typeof pingTimeoutMs !== "number") throw broken(text);
  return { kind: "open", pingIntervalMs, pingTimeoutMs };
}

function readPacket(text: string): Packet {
  const match = /^4(\d)(?:(\/[^,]*),?)?(\d+)?/.exec(text);
  if (match === null) throw broken(text);
  const rest = text.slice(match[0].length);
  const data: unknown = rest === "" ? undefined : JSON.parse(rest);
  return {
    type: match[1] ?? "",
    namespace: match[2] ?? "/",
    id: match[3] === undefined ? undefined : Number(match[3]),
    data,
  };
}

function decodeMessage({ type, namespace, id, data }: Packet): Frame {
  if (type === "0") return { kind: "connected", namespace };
  if (type === "1") return { kind: "disconnected", namespace };
  if (type === "4") return { kind: "refused", namespace, error: data };
  if (!isList(data)) throw broken(`packet of type ${type}`);
  const [first, second] = data;
  if (type === "2" && typeof first === "string") return { kind: "event", namespace, event: first, payload: second };
  if (type === "3" && id !== undefined) return { kind: "answer", namespace, id, payload: first };
  throw broken(`packet of type ${type}`);
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function broken(text: string): Error {
  return new Error(`no frame of Socket.IO that a chat sends: ${text.slice(0, 60)}`);
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
