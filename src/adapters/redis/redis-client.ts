import { Redis, type RedisOptions } from "ioredis";
import { type Backoff, backoffDelay } from "../../kernel/backoff.ts";
import type { RedisUrl } from "./redis-url.ts";

/** What a connection is for. */
export type ClientUse = "commands" | "subscriptions" | "adapterCommands" | "adapterSubscriptions";

export interface ClientSettings {
  readonly url: RedisUrl;
  /** A number in [0, 1), for the spread of reconnects. */
  readonly random: () => number;
  /** How long one command may take, ms. */
  readonly commandTimeoutMs: number;
}

/** A fleet that lost Redis together comes back within this, spread out. */
const reconnect: Backoff = { baseMs: 100, maxMs: 1_000 };

/**
 * Opens no connection yet. Commands fail at once while disconnected, and are never sent a second time: whether to retry
 * is the caller's to say. The exception is what the Socket.IO adapter subscribes with, which waits for the reconnect.
 * Throws where the URL names a kind of deployment that is not supported.
 */
export function createRedisClient(use: ClientUse, settings: ClientSettings): Redis {
  const { url, random, commandTimeoutMs } = settings;
  if (url.kind !== "standalone")
    throw new Error(`redis+${url.kind}:// is not supported yet; use redis:// or rediss://`);
  const waits = use === "adapterSubscriptions";
  const options: RedisOptions & { readonly replyMapping: "legacy" } = {
    replyMapping: "legacy",
    ...url.at,
    db: url.db,
    lazyConnect: true,
    connectionName: `weir-${use}`,
    connectTimeout: 2 * commandTimeoutMs,
    // Also ends a handshake that hangs, and a link that is dead without saying so: a ping is sent every second.
    socketTimeout: 2 * commandTimeoutMs,
    enableOfflineQueue: waits,
    autoResubscribe: waits,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: waits ? null : 0,
    retryStrategy: (times) => backoffDelay(reconnect, times - 1, random()),
    // A subscriber reads RESP2 frames at two thirds of the CPU.
    protocol: use === "commands" || use === "adapterCommands" ? 3 : 2,
    ...(waits ? {} : { commandTimeout: commandTimeoutMs }),
    ...(url.username === undefined ? {} : { username: url.username }),
    ...(url.password === undefined ? {} : { password: url.password }),
    ...(url.tls ? { tls: { servername: url.at.host } } : {}),
  };
  return use.startsWith("adapter") ? new QuietRedis(options) : new Redis(options);
}

/** The Socket.IO adapter drops some promises; a rejection of one of them would end the process. */
class QuietRedis extends Redis {
  override sendCommand(...args: Parameters<Redis["sendCommand"]>): ReturnType<Redis["sendCommand"]> {
    const result = super.sendCommand(...args);
    if (result instanceof Promise) result.catch(() => {});
    return result;
  }
}
