import type { Clock } from "../kernel/clock.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Head, LogFeed } from "../write-behind/index.ts";
import type { RoomFeed } from "./room-feed.ts";
import type { RoomOutbox } from "./room-outbox.ts";
import type { StoredNews } from "./stored-news.ts";

/** A room that is live on this gateway. */
export interface LiveRoom {
  readonly feed: RoomFeed;
  readonly outbox: RoomOutbox;
  readonly stored: StoredNews;
}

export interface FeedsOptions {
  readonly feed: LogFeed;
  readonly head: (room: string) => Promise<Head>;
  readonly create: (room: string) => LiveRoom;
  /** How long a room without members stays subscribed, ms. */
  readonly graceMs: number;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

interface Slot {
  readonly live: LiveRoom;
  /** Resolves when the subscription is live and the feed has its place. */
  readonly ready: Promise<LiveRoom>;
  members: number;
  cancelGrace: (() => void) | undefined;
}

/** The rooms with members here: subscribed before the first join answers, let go a grace time after the last leave. */
export class Feeds {
  readonly #slots = new Map<string, Slot>();
  /** Rooms whose unsubscription is under way: a join waits for it, or the two would cross. */
  readonly #closing = new Map<string, Promise<void>>();
  readonly #options: FeedsOptions;

  constructor(options: FeedsOptions) {
    this.#options = options;
    options.feed.onInterruption(() => this.#interrupted());
  }

  get rooms(): readonly string[] {
    return [...this.#slots.keys()];
  }

  /** A room that is live already; undefined where it is not. */
  find(room: string): LiveRoom | undefined {
    return this.#slots.get(room)?.live;
  }

  /** Counts one member more and resolves when everything from now on arrives. Rejects with UNAVAILABLE; then the room is closed. */
  acquire(room: string): Promise<LiveRoom> {
    const slot = this.#slots.get(room) ?? this.#open(room);
    addMember(slot);
    return slot.ready;
  }

  /** Keeps a live room open without a member, until the returned function is called. */
  hold(room: string): () => void {
    const slot = this.#slots.get(room);
    if (slot === undefined) return () => undefined;
    addMember(slot);
    return () => this.release(room);
  }

  /** One member less. */
  release(room: string): void {
    const slot = this.#slots.get(room);
    if (slot === undefined) return;
    slot.members -= 1;
    if (slot.members > 0) return;
    slot.cancelGrace?.();
    slot.cancelGrace = this.#options.clock.schedule(this.#options.graceMs, () => this.#close(room, slot));
  }

  /** Lets go of all rooms. */
  async close(): Promise<void> {
    for (const [room, slot] of this.#slots) this.#close(room, slot);
    await Promise.all(this.#closing.values());
  }

  #open(room: string): Slot {
    const live = this.#options.create(room);
    const ready = this.#subscribe(room, live);
    const slot: Slot = { live, ready, members: 0, cancelGrace: undefined };
    this.#slots.set(room, slot);
    this.#countRooms();
    ready.catch(() => this.#close(room, slot));
    return slot;
  }

  async #subscribe(room: string, live: LiveRoom): Promise<LiveRoom> {
    await this.#closing.get(room);
    await this.#options.feed.subscribe(room, live.feed);
    live.feed.start(await this.#options.head(room));
    return live;
  }

  #close(room: string, slot: Slot): void {
    if (this.#slots.get(room) !== slot) return;
    slot.cancelGrace?.();
    slot.live.outbox.flush();
    slot.live.feed.close();
    this.#slots.delete(room);
    this.#countRooms();
    const forget = (): void => {
      if (this.#closing.get(room) === closed) this.#closing.delete(room);
    };
    const closed = this.#unsubscribe(room, slot).finally(forget);
    this.#closing.set(room, closed);
  }

  async #unsubscribe(room: string, slot: Slot): Promise<void> {
    try {
      await slot.ready.catch(() => undefined);
      await this.#options.feed.unsubscribe(room);
    } catch (cause) {
      this.#options.logger.warn({ err: cause }, "room could not be unsubscribed");
    }
  }

  #countRooms(): void {
    this.#options.metrics.set("weir_rooms", {}, this.#slots.size);
  }

  #interrupted(): void {
    this.#options.metrics.count("weir_feed_interruptions_total", {});
    for (const { live } of this.#slots.values()) live.feed.compare();
  }
}

function addMember(slot: Slot): void {
  slot.cancelGrace?.();
  slot.cancelGrace = undefined;
  slot.members += 1;
}
