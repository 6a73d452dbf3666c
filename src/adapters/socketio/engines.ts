import { Server as EngineServer } from "engine.io";
import { limits } from "../../protocol/limits.ts";

export type TransportName = "polling" | "websocket";

/** One Engine.IO server and the path prefix it answers to. */
export interface EnginePath {
  readonly path: string;
  readonly engine: EngineServer;
}

/** The path whose clients a balancer has to bring to the same gateway while they poll. */
export const stickyPath = "/socket.io/";

export interface EnginesOptions {
  /** On `/socket.io`; `/rt` is WebSocket only, so that it needs no affinity. */
  readonly transports: readonly TransportName[];
  readonly heartbeat: { readonly intervalMs: number; readonly timeoutMs: number };
}

/** Compression costs 12 times the memory and CPU of a connection for text this short; cookies are not needed. */
const common = {
  maxHttpBufferSize: limits.frameBytes,
  perMessageDeflate: false,
  httpCompression: false,
  allowEIO3: false,
  upgradeTimeout: 10_000,
  cookie: false,
} as const;

export function createEngines({ transports, heartbeat }: EnginesOptions): EnginePath[] {
  const timing = { pingInterval: heartbeat.intervalMs, pingTimeout: heartbeat.timeoutMs };
  const webSocket = new EngineServer({ ...common, ...timing, transports: ["websocket"] });
  const both = new EngineServer({ ...common, ...timing, transports: [...transports] });
  return [
    { path: "/rt/", engine: webSocket },
    { path: stickyPath, engine: both },
  ];
}
