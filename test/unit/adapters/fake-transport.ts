import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import type { Transport } from "../../../src/adapters/socketio/close-transport.ts";

/** A connection of Engine.IO, as far as it is closed and asked whether it is. */
export class FakeConn extends EventEmitter {
  /** `discard` for each call of `close`. */
  readonly closes: boolean[] = [];
  readyState = "open";

  close(discard = false): void {
    this.closes.push(discard);
  }
}

export interface FakeTransport {
  readonly conn: FakeConn;
  readonly tcp: PassThrough;
  readonly transport: Transport;
}

export function fakeTransport(): FakeTransport {
  const conn = new FakeConn();
  const tcp = new PassThrough();
  const transport: unknown = { conn, tcp };
  if (!isTransport(transport)) throw new TypeError("no transport");
  return { conn, tcp, transport };
}

function isTransport(value: unknown): value is Transport {
  return typeof value === "object" && value !== null && "conn" in value && "tcp" in value;
}
