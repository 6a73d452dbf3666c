import type { Entry } from "../chat/entry.ts";
import { comparePositions, isNext, type Position } from "../chat/position.ts";
import { backoffDelay } from "../kernel/backoff.ts";
import type { Clock } from "../kernel/clock.ts";
import { ChatError } from "../protocol/errors.ts";
import type { ResyncReason } from "../protocol/messages.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { FeedListener, Head, StoredBatch } from "../write-behind/index.ts";
import { contiguousAfter } from "./contiguous.ts";
import type { GatewayLimits } from "./gateway-limits.ts";
import { isAnchored } from "./is-anchored.ts";
import type { RoomHistory } from "./room-history.ts";
import { StoredMark, type StoredOutcome } from "./stored-mark.ts";

/** What a feed delivers from now on, kept for one who is about to become a member. */
export interface Tap {
  readonly from: Position;
  readonly entries: readonly Entry[];
  stop(): void;
}

/** Where a feed's decisions go. */
interface FeedOutput {
  /** In order, without a hole since the last delivery or resync. */
  deliver(entries: readonly Entry[]): void;
  stored(mark: Position): void;
  /** What came after `from` can't be given in order: members have to ask for it. */
  resync(from: Position, reason: ResyncReason): void;
}

export interface RoomFeedOptions {
  readonly room: string;
  readonly output: FeedOutput;
  readonly history: RoomHistory;
  readonly head: () => Promise<Head>;
  readonly limits: Pick<GatewayLimits, "heldEntries" | "fillPage" | "fillBackoff">;
  readonly clock: Clock;
  readonly random: () => number;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/**
 * One room's entries in their order, whatever the publication loses, repeats or shuffles: next is delivered, older is
 * dropped, and a hole is held open until it is filled from history, or declared where history has it too.
 */
export class RoomFeed implements FeedListener {
  /** Last place delivered; undefined until the feed starts. */
  #last: Position | undefined;
  /** Furthest place known to exist. */
  #known: Position = { epoch: "0", seq: 0 };
  #held = new Map<number, Entry>();
  #compareWanted = false;
  #filling = false;
  #closed = false;
  readonly #stored = new StoredMark();
  readonly #taps = new Set<Entry[]>();
  readonly #options: RoomFeedOptions;

  constructor(options: RoomFeedOptions) {
    this.#options = options;
  }

  /** The place up to which members have been given everything. Only after `start`. */
  get position(): Position {
    return this.#started();
  }

  /** Everything up to here is in the store. */
  get storedMark(): Position {
    return this.#stored.position;
  }

  /** Begins after `head`; what arrived before that waits until now. */
  start(head: Head): void {
    this.#last = { epoch: head.epoch, seq: head.seq };
    this.stored(storedMarkOf(head));
    this.#dropHeldUpTo(this.#last);
    this.#fillIfBehind();
  }

  entry(entry: Entry): void {
    if (this.#closed) return;
    const last = this.#last;
    if (last !== undefined && comparePositions(entry, last) <= 0) {
      return this.#options.metrics.count("weir_feed_stale_total", {});
    }
    if (last !== undefined && !this.#filling && isNext(last, entry)) return this.#deliver([entry]);
    this.#hold(entry);
    if (last !== undefined) this.#fillIfBehind();
  }

  stored(mark: Position, batch?: StoredBatch): void {
    if (this.#stored.raise(mark, batch)) this.#options.output.stored(mark);
  }

  /** See `StoredMark.reached`. */
  whenStored(place: Position, signal: AbortSignal): Promise<StoredOutcome> {
    return this.#stored.reached(place, signal);
  }

  /** Keeps what is delivered until it is stopped, or until there is more of it than a feed holds. */
  tap(): Tap {
    const entries: Entry[] = [];
    this.#taps.add(entries);
    return { from: this.position, entries, stop: () => void this.#taps.delete(entries) };
  }

  /**
   * Publications may have been missed: looks at the head of the log and fills. Held entries are read again, because the delete of one may
   * be among the missed ones.
   */
  compare(): void {
    this.#compareWanted = true;
    this.#held.clear();
    if (this.#last !== undefined) this.#fillIfBehind();
  }

  close(): void {
    this.#closed = true;
    this.#held.clear();
    this.#stored.close();
  }

  #started(): Position {
    if (this.#last === undefined) throw new ChatError("UNAVAILABLE", "the room is not open yet");
    return this.#last;
  }

  #deliver(entries: readonly Entry[]): void {
    const last = entries.at(-1);
    if (last === undefined) return;
    this.#last = { epoch: last.epoch, seq: last.seq };
    for (const tap of this.#taps) {
      if (tap.length < this.#options.limits.heldEntries) tap.push(...entries);
      else this.#taps.delete(tap);
    }
    this.#options.output.deliver(entries);
  }

  /** Past the limit nothing is lost: the log has what is dropped here, and `#known` remembers that it is there. */
  #hold(entry: Entry): void {
    const { limits, metrics } = this.#options;
    if (this.#held.size >= limits.heldEntries) {
      metrics.count("weir_cap_reached_total", { cap: "held_entries" });
      this.#held.clear();
    }
    this.#held.set(entry.seq, entry);
    this.#know(entry);
  }

  #know({ epoch, seq }: Position): void {
    if (comparePositions({ epoch, seq }, this.#known) > 0) this.#known = { epoch, seq };
  }

  #dropHeldUpTo(position: Position): void {
    for (const [seq, entry] of this.#held) if (comparePositions(entry, position) <= 0) this.#held.delete(seq);
  }

  #isBehind(): boolean {
    return this.#compareWanted || comparePositions(this.#known, this.#started()) > 0;
  }

  #fillIfBehind(): void {
    if (!this.#filling && !this.#closed && this.#isBehind()) void this.#fill();
  }

  /** Never rejects: what fails is tried again until the feed closes. */
  async #fill(): Promise<void> {
    this.#filling = true;
    const { limits, clock, random, logger } = this.#options;
    for (let failures = 0; !this.#closed && this.#isBehind(); ) {
      try {
        await this.#fillStep();
        failures = 0;
      } catch (cause) {
        logger.warn({ err: cause, failures }, "room feed could not be filled");
        await clock.sleep(backoffDelay(limits.fillBackoff, failures++, random()));
      }
    }
    this.#filling = false;
  }

  async #fillStep(): Promise<void> {
    if (this.#compareWanted) await this.#compareWithHead();
    this.#takeHeld();
    const last = this.#started();
    if (comparePositions(this.#known, last) <= 0) return;
    const known = this.#known;
    if (!(await isAnchored(this.#options.history, this.#options.room, last, known)))
      return this.#giveUp("epoch", undefined);
    const found = await this.#options.history.after(this.#options.room, {
      after: last.seq,
      limit: this.#options.limits.fillPage,
    });
    if (!this.#closed) this.#takeFilled(found, known);
  }

  async #compareWithHead(): Promise<void> {
    this.#compareWanted = false;
    try {
      const head = await this.#options.head();
      this.stored(storedMarkOf(head));
      this.#know(head);
    } catch (cause) {
      this.#compareWanted = true;
      throw cause;
    }
  }

  /** Held entries of the same epoch that follow directly. An epoch is entered only through history. */
  #takeHeld(): void {
    const run: Entry[] = [];
    for (let last = this.#started(); ; ) {
      const next = this.#held.get(last.seq + 1);
      if (next === undefined || !isNext(last, next)) break;
      run.push(next);
      last = next;
    }
    this.#deliver(run);
    this.#dropHeldUpTo(this.#started());
  }

  #takeFilled(found: readonly Entry[], known: Position): void {
    const last = this.#started();
    const run = contiguousAfter(last.seq, found);
    if (run.length > 0) {
      this.#options.metrics.count("weir_feed_holes_total", { outcome: "filled" });
      this.#deliver(run);
      return this.#dropHeldUpTo(this.#started());
    }
    const nothingNew = found.length === 0 && known.seq === last.seq;
    if (nothingNew) this.#last = known;
    else this.#giveUp(known.epoch === last.epoch ? "behind" : "epoch", found[0]);
  }

  /** Says that there is a break, and goes on before the first entry that can be had again. */
  #giveUp(reason: ResyncReason, firstFound: Entry | undefined): void {
    if (this.#closed) return;
    const from = this.#started();
    const epoch = this.#known.epoch;
    const held = [...this.#held.values()].filter((entry) => entry.epoch === epoch).map((entry) => entry.seq);
    const first = firstFound ?? (held.length > 0 ? { epoch, seq: Math.min(...held) } : undefined);
    this.#options.metrics.count("weir_feed_holes_total", { outcome: "resync" });
    this.#options.output.resync(from, reason);
    this.#last = first === undefined ? this.#known : { epoch: first.epoch, seq: first.seq - 1 };
    this.#dropHeldUpTo(this.#last);
  }
}

function storedMarkOf({ epoch, storedSeq }: Head): Position {
  return { epoch, seq: storedSeq };
}
