import type { Entry } from "../chat/entry.ts";
import { entryBytes, takeBytes } from "../chat/entry-bytes.ts";
import { eraseSuperseded } from "../chat/erase.ts";
import type { Position } from "../chat/position.ts";
import type { Clock } from "../kernel/clock.ts";
import { withDeadline } from "../kernel/deadline.ts";
import { Semaphore } from "../kernel/semaphore.ts";
import { ChatError } from "../protocol/errors.ts";
import { limits as wireLimits } from "../protocol/limits.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { ChangesQuery, LogReader, RangeQuery, ScanQuery, StoreQuery, StoreReader } from "../write-behind/index.ts";
import { contiguousAfter } from "./contiguous.ts";
import type { GatewayLimits } from "./gateway-limits.ts";
import { type Page, type PageQuery, readPage } from "./history-page.ts";
import { SharedReads } from "./shared-reads.ts";

export interface RoomHistoryOptions {
  readonly log: LogReader;
  readonly store: StoreReader;
  readonly limits: Pick<GatewayLimits, "storeReads" | "storeReadsWaiting" | "requestMs">;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly metrics: Metrics;
  /** What is older is over, whether it was deleted yet or not, Unix ms; 0 where everything is kept. */
  readonly since?: (room: string) => number;
}

/** Entries that are looked at for some that are not over, and reads for one answer: what is over and still there is what the next sweep deletes. */
const overPage = 200;
const overReads = 20;

/** Reads for one answer of which each found that the log had let go of what it had before. */
const afterReads = 5;

/** When a read that was refused comes back, ms: not before, and spread, so that those who were refused together do not come together. */
const comeBack = { afterMs: 1_000, spreadMs: 2_000 } as const;

export interface AfterQuery {
  readonly after: number;
  readonly limit: number;
}

/**
 * Reads a room where log and store meet. The log is always asked first: what it lets go of between the two reads is in
 * the store by then, so nothing falls between them. Identical reads that run at the same time are one read.
 */
export class RoomHistory {
  readonly #options: RoomHistoryOptions;
  readonly #pages = new SharedReads<Page>();
  readonly #ranges = new SharedReads<Entry[]>();
  readonly #places = new SharedReads<Entry | undefined>();
  readonly #storeSlots: Semaphore;

  constructor(options: RoomHistoryOptions) {
    this.#options = options;
    this.#storeSlots = new Semaphore(options.limits.storeReads);
    const { metrics } = options;
    metrics.beforeScrape(() => metrics.set("weir_history_store_waiting", {}, this.#storeSlots.waiting));
  }

  /**
   * The oldest entries with a greater seq, of every kind, ascending. There may be holes where history has them. No text is among them that a
   * change has superseded, whether the store has that change or not.
   */
  async after(room: string, query: AfterQuery): Promise<Entry[]> {
    for (let reads = 0; reads < afterReads; reads++) {
      const found = await this.#after(room, query);
      if (found !== undefined) return found;
    }
    throw new ChatError("UNAVAILABLE", "the room changes faster than it can be read", { retryAfterMs: 1_000 });
  }

  /** Undefined where the log has let go of changes between the reads: they are in the store by then. */
  async #after(room: string, { after, limit }: AfterQuery): Promise<Entry[] | undefined> {
    const fromLog = await this.#log(room, { after, limit });
    if (contiguousAfter(after, fromLog).length > 0) return fromLog;
    const before = fromLog[0]?.seq;
    const bound = before === undefined ? {} : { before };
    const fromStore = await this.#store(room, { after, ...bound, limit, keep: "oldest", kinds: "all" });
    const found = takeBytes([...fromStore, ...fromLog].slice(0, limit), entryBytes, wireLimits.pageBytes);
    const changes = await this.#changesOf(room, found, before);
    return changes === undefined ? undefined : [...eraseSuperseded(found, changes)];
  }

  /** @param before lowest seq that the log had when it was read; undefined where it had none */
  #changesOf(room: string, found: readonly Entry[], before: number | undefined): Promise<Entry[] | undefined> {
    const targets = new Set(found.flatMap(({ kind, seq, target }) => (kind === "message" ? seq : (target ?? []))));
    if (targets.size === 0) return Promise.resolve([]);
    const known = before === undefined ? {} : { after: before - 1 };
    return this.#options.log.changes(room, { targets: [...targets], ...known });
  }

  /**
   * The same without what is over, shared with others who miss the same part: they know the same `head`, so the read that is shared is late
   * enough for all.
   */
  missed(room: string, query: AfterQuery, head: Position): Promise<Entry[]> {
    return this.#ranges.share(JSON.stringify([room, query, head]), () => this.#afterWhatIsOver(room, query));
  }

  /** The entry at a seq as it was appended or, from the store, with what the store has folded into it. */
  async at(room: string, seq: number): Promise<Entry | undefined> {
    const [found] = await this.after(room, { after: seq - 1, limit: 1 });
    return found?.seq === seq ? found : undefined;
  }

  /**
   * The same of a place before an epoch, shared with others who ask in that epoch: nothing comes to such a place any more. After a failover
   * many members come back to one place.
   */
  before(epoch: string, room: string, seq: number): Promise<Entry | undefined> {
    return this.#places.share(JSON.stringify([room, seq, epoch]), () => this.at(room, seq));
  }

  /** The entry at a seq in the store, whatever the log has. */
  async stored(room: string, seq: number): Promise<Entry | undefined> {
    const [found] = await this.#store(room, {
      after: seq - 1,
      before: seq + 1,
      limit: 1,
      keep: "oldest",
      kinds: "all",
    });
    return found;
  }

  /** Messages for the eye, with every change folded in, without what is over. */
  page(room: string, query: PageQuery): Promise<Page> {
    return this.#pages.share(JSON.stringify([room, query]), () => this.#youngPage(room, query));
  }

  /** One message with every change folded in; undefined where there is none. */
  async message(room: string, seq: number): Promise<Entry | undefined> {
    const { entries } = await this.page(room, { after: seq - 1, before: seq + 1, limit: 1 });
    const [found] = entries;
    return found?.kind === "message" ? found : undefined;
  }

  /** What is older than something that is over is over too, so there is no more before it; after it there may be. */
  async #youngPage(room: string, { after, ...query }: PageQuery): Promise<Page> {
    if (after !== undefined) return this.#youngPageAfter(room, { ...query, after });
    const page = await this.#page(room, query);
    const entries = this.#young(room, page.entries);
    return { ...page, entries, more: page.more && entries.length === page.entries.length };
  }

  async #youngPageAfter(room: string, query: PageQuery & { readonly after: number }): Promise<Page> {
    let page = await this.#page(room, query);
    let entries = this.#young(room, page.entries);
    for (let reads = 1; isAllOver(page, entries) && reads < overReads; reads++) {
      page = await this.#page(room, { ...query, after: page.entries.at(-1)?.seq ?? query.after });
      entries = this.#young(room, page.entries);
    }
    return { ...page, entries, more: page.more && entries.length > 0 };
  }

  #page(room: string, query: PageQuery): Promise<Page> {
    const sources = {
      head: () => this.#options.log.head(room),
      scan: (q: ScanQuery) => this.#options.log.scan(room, { ...q, maxBytes: wireLimits.pageBytes }),
      changes: (q: ChangesQuery) => this.#options.log.changes(room, q),
      store: (q: StoreQuery) => this.#store(room, q),
    };
    return readPage(sources, query, () => this.#options.metrics.count("weir_cap_reached_total", { cap: "page_bytes" }));
  }

  async #afterWhatIsOver(room: string, { after, limit }: AfterQuery): Promise<Entry[]> {
    let found = await this.after(room, { after, limit });
    for (let reads = 1; reads < overReads && found.length > 0; reads++) {
      const young = this.#young(room, found);
      if (young.length > 0) return young.slice(0, limit);
      found = await this.after(room, { after: found.at(-1)?.seq ?? after, limit: Math.max(limit, overPage) });
    }
    return this.#young(room, found);
  }

  /** Where everything is kept, what expired earlier is over all the same: the store may have a placeholder of the time 0 for it. */
  #young(room: string, entries: readonly Entry[]): Entry[] {
    const since = Math.max(1, this.#options.since?.(room) ?? 0);
    return entries.filter(({ at }) => at >= since);
  }

  #log(room: string, query: RangeQuery): Promise<Entry[]> {
    return this.#options.log.range(room, { ...query, maxBytes: wireLimits.pageBytes });
  }

  /**
   * Waits for its turn no longer than a request may take, so that nothing is read for those who have gone. Who shares a read shares its
   * time: that of the first who asked.
   */
  async #store(room: string, query: StoreQuery): Promise<Entry[]> {
    const { store, limits, clock, metrics } = this.#options;
    if (this.#storeSlots.waiting >= limits.storeReadsWaiting) this.#refuse();
    const error = (): Error => new ChatError("TIMEOUT", "the database did not answer in time");
    const read = (): Promise<Entry[]> => {
      metrics.count("weir_history_store_reads_total", {});
      return store.range(room, { ...query, maxBytes: wireLimits.pageBytes });
    };
    return withDeadline({ clock, ms: limits.requestMs, error }, (signal) => this.#storeSlots.run(read, signal));
  }

  #refuse(): never {
    const { random, metrics } = this.#options;
    metrics.count("weir_cap_reached_total", { cap: "store_reads_waiting" });
    const retryAfterMs = Math.round(comeBack.afterMs + random() * comeBack.spreadMs);
    throw new ChatError("OVERLOADED", "too many wait for the database", { retryAfterMs });
  }
}

/** Only what is over was found, and there may be something after it. */
function isAllOver({ more, entries }: Page, young: readonly Entry[]): boolean {
  return more && entries.length > 0 && young.length === 0;
}
