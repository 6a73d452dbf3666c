import { type Entry, isShown } from "../chat/entry.ts";
import { fold } from "../chat/fold.ts";
import type { ChangesQuery, Head, RangeQuery, StoreQuery } from "../write-behind/index.ts";
import { contiguousBefore } from "./contiguous.ts";

export interface PageQuery {
  /** With a smaller seq. Without `after`: the newest of them. */
  readonly before?: number;
  /** With a greater seq: the oldest of them. */
  readonly after?: number;
  readonly limit: number;
}

export interface Page {
  /** Shown entries, ascending, with every change up to `head` folded in. */
  readonly entries: readonly Entry[];
  /** There are more beyond the end at which the limit cut. */
  readonly more: boolean;
  /** The page is true as of this place. */
  readonly head: Head;
}

/** One room's two sources. */
export interface Sources {
  head(): Promise<Head>;
  log(query: RangeQuery): Promise<Entry[]>;
  changes(query: ChangesQuery): Promise<Entry[]>;
  store(query: StoreQuery): Promise<Entry[]>;
}

/** Entries read from the log at a time, and the most that one page looks at. */
const chunk = 200;
const maxUnstored = 2_000;

export async function readPage(sources: Sources, query: PageQuery): Promise<Page> {
  const head = await sources.head();
  return query.after === undefined ? readNewest(sources, query, head) : readOldest(sources, query, head);
}

/**
 * The newest page comes from the log's tail where that is long enough, so a join costs no read of the store. An older page takes only
 * what is not stored yet from the log: of what is stored, the store has the changes folded in and the log has not.
 */
async function readNewest(sources: Sources, { before, limit }: PageQuery, head: Head): Promise<Page> {
  const end = Math.min(before ?? Infinity, head.seq + 1);
  const isNewest = end > head.seq;
  const later = isNewest ? [] : await readUnstored(sources, head, end);
  const { run, below } = await scanBack(sources, { end, floor: isNewest ? 0 : head.storedSeq, wanted: limit + 1 });
  const start = run[0]?.seq ?? end;
  const shown = run.filter(isShown);
  const missing = limit + 1 - shown.length;
  const stored = missing > 0 && start > 1 ? await sources.store(newestShown(start, missing)) : [];
  const older = missing > 0 ? merge(below.filter(isShown), stored).slice(-missing) : [];
  const all = [...older, ...shown];
  const changes = changesIn([...below, ...run, ...later]);
  return { entries: fold(all.slice(-limit), changes), more: all.length > limit, head };
}

/** One ascending list; of what is in both, the store's version, which has the changes folded in. */
function merge(fromLog: readonly Entry[], fromStore: readonly Entry[]): Entry[] {
  const bySeq = new Map([...fromLog, ...fromStore].map((entry) => [entry.seq, entry]));
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

function newestShown(before: number, limit: number): StoreQuery {
  return { after: 0, before, limit, keep: "newest", kinds: "shown" };
}

interface Scan {
  /** What the log has without a hole before the end. */
  readonly run: readonly Entry[];
  /** What it has below the hole: after a lost tail that may be more than its tail, and not stored yet. */
  readonly below: readonly Entry[];
}

/** Goes back in the log until enough is shown, nothing is left above `floor`, or there is a hole. */
async function scanBack(
  sources: Sources,
  { end, floor, wanted }: { readonly end: number; readonly floor: number; readonly wanted: number },
): Promise<Scan> {
  let run: Entry[] = [];
  for (let start = end; start - 1 > floor && shownIn(run) < wanted && run.length < maxUnstored; ) {
    const read = await sources.log({ after: floor, before: start, limit: Math.min(chunk, wanted * 2), keep: "newest" });
    const before = contiguousBefore(start, read);
    run = [...before, ...run];
    if (before.length < read.length || before.length === 0) {
      return { run, below: read.slice(0, read.length - before.length) };
    }
    start -= before.length;
  }
  return { run, below: [] };
}

async function readOldest(
  sources: Sources,
  { after = 0, before = Infinity, limit }: PageQuery,
  head: Head,
): Promise<Page> {
  const from = Math.max(after, head.storedSeq);
  const tail = from < head.seq ? await sources.log({ after: from, limit: maxUnstored, keep: "oldest" }) : [];
  const end = Math.min(tail[0]?.seq ?? head.seq + 1, before);
  const stored = after + 1 < end ? await sources.store(oldestShown(after, end, limit + 1)) : [];
  const all = [...stored, ...tail.filter((entry) => isShown(entry) && entry.seq < before)];
  const more = all.length > limit || tail.length === maxUnstored;
  return { entries: fold(all.slice(0, limit), changesIn(tail)), more, head };
}

function oldestShown(after: number, before: number, limit: number): StoreQuery {
  return { after, before, limit, keep: "oldest", kinds: "shown" };
}

/** Changes that are not in the store yet: normally those of a few seconds, more while the store is away. */
function readUnstored(sources: Sources, head: Head, targetsBefore: number): Promise<Entry[]> {
  if (head.storedSeq >= head.seq) return Promise.resolve([]);
  return sources.changes({ after: head.storedSeq, targetsBefore });
}

function shownIn(entries: readonly Entry[]): number {
  return entries.filter(isShown).length;
}

function changesIn(entries: readonly Entry[]): Entry[] {
  return entries.filter((entry) => !isShown(entry));
}
