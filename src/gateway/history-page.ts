import { type Entry, isShown } from "../chat/entry.ts";
import { entryBytes, takeBytes, totalBytes } from "../chat/entry-bytes.ts";
import { fold } from "../chat/fold.ts";
import { limits } from "../protocol/limits.ts";
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

const { pageBytes } = limits;

/** Entries read from the log at a time, and the most that one page looks at. */
const chunk = 200;
const maxScanned = 2_000;

/** @param onFull called where the bytes of a page end it */
export async function readPage(sources: Sources, query: PageQuery, onFull = (): void => {}): Promise<Page> {
  const head = await sources.head();
  const page =
    query.after === undefined ? await readNewest(sources, query, head) : await readOldest(sources, query, head);
  if (page.isFull) onFull();
  return { entries: page.entries, more: page.more, head };
}

interface Found extends Omit<Page, "head"> {
  /** Its bytes ended the page. */
  readonly isFull: boolean;
}

/**
 * The newest page comes from the log's tail where that is long enough, so a join costs no read of the store. An older page takes only
 * what is not stored yet from the log: of what is stored, the store has the changes folded in and the log has not.
 */
async function readNewest(sources: Sources, { before, limit }: PageQuery, head: Head): Promise<Found> {
  const end = Math.min(before ?? Infinity, head.seq + 1);
  const isNewest = end > head.seq;
  const later = isNewest ? [] : await readUnstored(sources, head, end);
  const floor = isNewest ? 0 : head.storedSeq;
  const scan = await scanBack(sources, { end, floor, wanted: limit + 1 });
  const all = [...(await readOlder(sources, scan, limit + 1)), ...scan.shown];
  const kept = takeBytes(all.slice(-limit).toReversed(), entryBytes, pageBytes).toReversed();
  const [first] = kept;
  const isFull = first !== undefined && first.seq > 1 && totalBytes(kept) >= pageBytes;
  const more = scan.isOver || isFull || all.length > limit;
  return { entries: fold(kept, changesIn([...scan.below, ...scan.changes, ...later])), more, isFull };
}

/** What a page still wants of what lies before the scanned part of the log. */
async function readOlder(sources: Sources, { shown, below, start, isOver }: Scan, wanted: number): Promise<Entry[]> {
  const missing = wanted - shown.length;
  if (isOver || missing <= 0) return [];
  const stored = start > 1 ? await sources.store(newestShown(start, missing)) : [];
  return merge(below.filter(isShown), stored).slice(-missing);
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
  /** What the log has without a hole before the end: entries to show, and changes. */
  readonly shown: readonly Entry[];
  readonly changes: readonly Entry[];
  /** What it has below the hole: after a lost tail that may be more than its tail, and not stored yet. */
  readonly below: readonly Entry[];
  /** The lowest seq that was looked at. */
  readonly start: number;
  /** So much was looked at that the page ends here, whether there is more or not. */
  readonly isOver: boolean;
}

interface Scanned {
  readonly shown: readonly Entry[];
  readonly bytes: number;
  readonly entries: number;
}

/** A page has at least one entry, however far it lies. */
function isEnough({ shown, bytes, entries }: Scanned): boolean {
  return shown.length > 0 && (bytes >= pageBytes || entries >= maxScanned);
}

/** Goes back in the log until enough is shown, nothing is left above `floor`, there is a hole, or it was enough of a page. */
async function scanBack(
  sources: Sources,
  { end, floor, wanted }: { readonly end: number; readonly floor: number; readonly wanted: number },
): Promise<Scan> {
  let shown: Entry[] = [];
  let changes: Entry[] = [];
  let start = end;
  for (let bytes = 0; start - 1 > floor && shown.length < wanted; ) {
    if (isEnough({ shown, bytes, entries: end - start })) {
      return { shown, changes, below: [], start, isOver: true };
    }
    const read = await sources.log({ after: floor, before: start, limit: Math.min(chunk, wanted * 2), keep: "newest" });
    const run = contiguousBefore(start, read);
    bytes += totalBytes(run);
    shown = [...run.filter(isShown), ...shown];
    if (changes.length < maxScanned) changes = [...changesIn(run), ...changes];
    start -= run.length;
    if (run.length < read.length || run.length === 0) {
      return { shown, changes, below: read.slice(0, read.length - run.length), start, isOver: false };
    }
  }
  return { shown, changes, below: [], start, isOver: false };
}

async function readOldest(
  sources: Sources,
  { after = 0, before = Infinity, limit }: PageQuery,
  head: Head,
): Promise<Found> {
  const changes = await readUnstored(sources, head, before);
  const { shown, first, isOver } = await scanForth(sources, {
    from: Math.max(after, head.storedSeq),
    head,
    wanted: limit + 1,
  });
  const end = Math.min(first ?? head.seq + 1, before);
  const stored = after + 1 < end ? await sources.store(oldestShown(after, end, limit + 1)) : [];
  const all = [...stored, ...shown.filter((entry) => entry.seq < before)];
  const kept = takeBytes(all.slice(0, limit), entryBytes, pageBytes);
  const isFull = totalBytes(kept) >= pageBytes && (kept.at(-1)?.seq ?? head.seq) < Math.min(before - 1, head.seq);
  return { entries: fold(kept, changes), more: isOver || isFull || all.length > limit, isFull };
}

function oldestShown(after: number, before: number, limit: number): StoreQuery {
  return { after, before, limit, keep: "oldest", kinds: "shown" };
}

interface ScanForth {
  readonly shown: readonly Entry[];
  /** Seq of the first entry that the log has. */
  readonly first: number | undefined;
  readonly isOver: boolean;
}

/** Goes forth in the log until enough is shown, or it was enough of a page. */
async function scanForth(
  sources: Sources,
  { from, head, wanted }: { readonly from: number; readonly head: Head; readonly wanted: number },
): Promise<ScanForth> {
  const shown: Entry[] = [];
  let first: number | undefined;
  for (let last = from, bytes = 0; last < head.seq && shown.length < wanted; ) {
    if (isEnough({ shown, bytes, entries: last - from })) return { shown, first, isOver: true };
    const read = await sources.log({ after: last, limit: chunk, keep: "oldest" });
    const end = read.at(-1);
    if (end === undefined) break;
    first ??= read[0]?.seq;
    bytes += totalBytes(read);
    shown.push(...read.filter(isShown));
    last = end.seq;
  }
  return { shown, first, isOver: false };
}

/** Changes that are not in the store yet: normally those of a few seconds, more while the store is away. */
function readUnstored(sources: Sources, head: Head, targetsBefore: number): Promise<Entry[]> {
  if (head.storedSeq >= head.seq) return Promise.resolve([]);
  return sources.changes({ after: head.storedSeq, targetsBefore });
}

function changesIn(entries: readonly Entry[]): Entry[] {
  return entries.filter((entry) => !isShown(entry));
}
