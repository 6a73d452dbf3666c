import type { Clock } from "../../kernel/clock.ts";
import { limits } from "../../protocol/limits.ts";
import { CountedEngine } from "./counted-engine.ts";
import type { InboundRates } from "./inbound-meter.ts";

export type TransportName = "polling" | "websocket";

/** One Engine.IO server and the path prefix it answers to. */
export interface EnginePath {
  readonly path: string;
  readonly engine: CountedEngine;
}

/** The path whose clients a balancer has to bring to the same gateway while they poll. */
export const stickyPath = "/socket.io/";

export interface EnginesOptions {
  /** On `/socket.io`; `/rt` is WebSocket only, so that it needs no affinity. */
  readonly transports: readonly TransportName[];
  readonly heartbeat: { readonly intervalMs: number; readonly timeoutMs: number };
  readonly inbound: InboundRates;
  readonly clock: Clock;
}

/** Beside the token: the packet's type, the namespace, and names and values that a client may add. */
const connectExtra = 256;

/** Compression costs 12 times the memory and CPU of a connection for text this short; cookies are not needed. */
const common = {
  maxHttpBufferSize: limits.frameBytes,
  perMessageDeflate: false,
  httpCompression: false,
  allowEIO3: false,
  upgradeTimeout: 10_000,
  cookie: false,
} as const;

export function createEngines({ transports, heartbeat, inbound, clock }: EnginesOptions): EnginePath[] {
  const timing = { pingInterval: heartbeat.intervalMs, pingTimeout: heartbeat.timeoutMs };
  const counted = { ...common, ...timing, connectLength: limits.tokenLength + connectExtra, inbound, clock };
  const webSocket = new CountedEngine({ ...counted, transports: ["websocket"] });
  const both = new CountedEngine({ ...counted, transports: [...transports] });
  return [
    { path: "/rt/", engine: webSocket },
    { path: stickyPath, engine: both },
  ];
}
