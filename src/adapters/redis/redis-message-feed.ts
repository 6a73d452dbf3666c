import type { Redis } from "ioredis";
import { parseEntry } from "../../chat/parse-entry.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import type { FeedListener, LogFeed } from "../../write-behind/index.ts";
import type { SeenSeqs } from "./seen-seqs.ts";
import { asChatError } from "./unavailable.ts";
import { watchClient } from "./watch-client.ts";

export interface FeedOptions {
  /** A connection of its own: a subscriber can do nothing else. */
  readonly client: Redis;
  /** Name of a room's channel. */
  readonly channelOf: (room: string) => string;
  readonly seen: SeenSeqs;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

interface Subscription {
  readonly room: string;
  readonly listener: FeedListener;
}

/** `<epoch>:<seq>:<seq before>:<seqs put aside>`. Without its second half it says less. An older flusher publishes the seq alone, which says too little: such a mark is passed over. */
const storedMark = /^\d+(?::\d+(?::\d+:[\d,]*)?)?$/;
/** Channels subscribed to in one command after a reconnect. */
const channelsAtOnce = 200;

/**
 * Feeds of rooms over sharded pub/sub. After a reconnect it subscribes to all rooms again by itself, and only when the
 * server has confirmed every one of them does it tell that something may be missing.
 */
export class RedisMessageFeed implements LogFeed {
  readonly #options: FeedOptions;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #interruptionCallbacks: (() => void)[] = [];
  readonly #stopWatching: () => void;
  #wasReady = false;

  constructor(options: FeedOptions) {
    this.#options = options;
    const { client } = options;
    this.#stopWatching = watchClient(client, "subscriptions", options);
    client.on("smessage", (channel: string, message: string) => this.#hear(channel, message));
    client.on("ready", () => void this.#resume());
  }

  open(): void {
    this.#options.client.connect().catch(() => {
      // Told by the error event; the client tries again.
    });
  }

  get connected(): boolean {
    return this.#options.client.status === "ready";
  }

  async subscribe(room: string, listener: FeedListener): Promise<void> {
    const { client, channelOf, seen } = this.#options;
    const channel = channelOf(room);
    const subscription = { room, listener };
    this.#subscriptions.set(channel, subscription);
    seen.hold(room);
    try {
      await client.ssubscribe(channel);
    } catch (error) {
      if (this.#subscriptions.get(channel) === subscription) await this.unsubscribe(room);
      throw asChatError(error);
    }
  }

  async unsubscribe(room: string): Promise<void> {
    const { client, channelOf, seen } = this.#options;
    const channel = channelOf(room);
    if (!this.#subscriptions.delete(channel)) return;
    seen.release(room);
    // Where this fails the link is down, and with it the subscription.
    await client.sunsubscribe(channel).catch(() => {});
  }

  onInterruption(callback: () => void): void {
    this.#interruptionCallbacks.push(callback);
  }

  /** Something may be missing although the connection stayed. */
  interrupted(): void {
    for (const callback of this.#interruptionCallbacks) callback();
  }

  close(): void {
    this.#stopWatching();
    this.#subscriptions.clear();
    this.#options.client.disconnect();
  }

  #hear(channel: string, message: string): void {
    const subscription = this.#subscriptions.get(channel);
    if (subscription === undefined) return;
    const { room, listener } = subscription;
    if (storedMark.test(message)) {
      this.#hearMark(listener, message);
      return;
    }
    const entry = parseEntry(message);
    if (entry === undefined) {
      this.#options.logger.error({ bytes: message.length }, "something that is no entry was published to a room");
      return;
    }
    const { seen, clock, metrics } = this.#options;
    seen.note(room, entry.seq);
    metrics.observe("weir_feed_lag_seconds", {}, Math.max(0, clock.now() - entry.at) / 1_000);
    listener.entry(entry);
  }

  #hearMark(listener: FeedListener, message: string): void {
    const [epoch = "", seq, after, putAside = ""] = message.split(":");
    if (seq === undefined) return;
    const seqs = putAside.split(",").filter(Boolean).map(Number);
    const batch = after === undefined ? undefined : { after: Number(after), putAside: seqs };
    listener.stored({ epoch, seq: Number(seq) }, batch);
  }

  async #resume(): Promise<void> {
    if (!this.#wasReady) {
      this.#wasReady = true;
      return;
    }
    const { client, logger } = this.#options;
    try {
      const channels = [...this.#subscriptions.keys()];
      for (let i = 0; i < channels.length; i += channelsAtOnce) {
        const wanted = channels.slice(i, i + channelsAtOnce).filter((channel) => this.#subscriptions.has(channel));
        if (wanted.length > 0) await client.ssubscribe(...wanted);
      }
    } catch (error) {
      logger.warn({ err: error }, "rooms could not be subscribed to again");
      client.disconnect(true);
      return;
    }
    this.interrupted();
  }
}
