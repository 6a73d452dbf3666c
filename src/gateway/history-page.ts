import type { Entry } from "../chat/entry.ts";
import { entryBytes, takeBytes, totalBytes } from "../chat/entry-bytes.ts";
import { fold } from "../chat/fold.ts";
import { ChatError } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";
import type { ChangesQuery, Head, Scanned, ScanQuery, StoreQuery } from "../write-behind/index.ts";
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
  scan(query: ScanQuery): Promise<Scanned[]>;
  changes(query: ChangesQuery): Promise<Entry[] | undefined>;
  store(query: StoreQuery): Promise<Entry[]>;
}

const { pageBytes } = limits;

/** The most places of the log that are looked at in one read, and for one page. */
const chunk = 500;
const maxScanned = 2_000;

/** Reads of one page of which each found that the log had let go of what the one before it had seen. */
const maxReads = 5;

/**
 * @param onFull called where the bytes of a page end it
 * @throws ChatError UNAVAILABLE where the log lets go of entries faster than they are read
 */
export async function readPage(sources: Sources, query: PageQuery, onFull = (): void => {}): Promise<Page> {
  for (let reads = 0; reads < maxReads; reads++) {
    const head = await sources.head();
    const found =
      query.after === undefined ? await readNewest(sources, query, head) : await readOldest(sources, query, head);
    const changes = await readChanges(sources, head, found);
    if (changes === undefined) continue;
    if (found.isFull) onFull();
    return { entries: fold(found.kept, changes), more: found.more, head };
  }
  throw new ChatError("UNAVAILABLE", "the room changes faster than it can be read", { retryAfterMs: 1_000 });
}

/** A page before its changes are folded in. */
interface Found {
  readonly kept: readonly Entry[];
  /** Those that are as they were appended. The store has folded into the others what it had. */
  readonly fromLog: ReadonlySet<Entry>;
  /** The log has no change of them. */
  readonly isPlain?: boolean;
  readonly more: boolean;
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
  const floor = isNewest ? 0 : head.storedSeq;
  const scan = await scanBack(sources, { end, floor, wanted: limit + 1 });
  const all = [...(await readOlder(sources, scan, limit + 1)), ...scan.shown];
  const kept = takeBytes(all.slice(-limit).toReversed(), entryBytes, pageBytes).toReversed();
  const [first] = kept;
  const isFull = first !== undefined && first.seq > 1 && totalBytes(kept) >= pageBytes;
  const more = scan.isOver || isFull || all.length > limit;
  const fromLog = new Set([...scan.shown, ...scan.below]);
  // Of a newest page the log was looked at from its first entry on.
  const isPlain = isNewest && !scan.hasChanges && kept.every((entry) => fromLog.has(entry));
  return { kept, fromLog, isPlain, more, isFull };
}

/** What a page still wants of what lies before the scanned part of the log. */
async function readOlder(sources: Sources, { shown, below, start, isOver }: Scan, wanted: number): Promise<Entry[]> {
  const missing = wanted - shown.length;
  if (isOver || missing <= 0) return [];
  const stored = start > 1 ? await sources.store(newestShown(start, missing)) : [];
  return merge(below, stored).slice(-missing);
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
  /** Entries to show that the log has without a hole before the end. */
  readonly shown: readonly Entry[];
  /** Those that it has below the hole: after a lost tail that may be more than its tail, and not stored yet. */
  readonly below: readonly Entry[];
  /** There are changes among the places that were looked at. */
  readonly hasChanges: boolean;
  /** The lowest seq that was looked at. */
  readonly start: number;
  /** So much was looked at that the page ends here, whether there is more or not. */
  readonly isOver: boolean;
}

interface Looked {
  readonly shown: readonly Entry[];
  readonly bytes: number;
  readonly entries: number;
}

/** A page has at least one entry, however far it lies. */
function isEnough({ shown, bytes, entries }: Looked): boolean {
  return shown.length > 0 && (bytes >= pageBytes || entries >= maxScanned);
}

/** Goes back in the log until enough is shown, nothing is left above `floor`, there is a hole, or it was enough of a page. */
async function scanBack(
  sources: Sources,
  { end, floor, wanted }: { readonly end: number; readonly floor: number; readonly wanted: number },
): Promise<Scan> {
  let shown: Entry[] = [];
  let hasChanges = false;
  let start = end;
  const scan = (below: readonly Entry[], isOver: boolean): Scan => ({ shown, below, hasChanges, start, isOver });
  for (let bytes = 0; start - 1 > floor && shown.length < wanted; ) {
    if (isEnough({ shown, bytes, entries: end - start })) return scan([], true);
    const missing = wanted - shown.length;
    const read = await sources.scan({ after: floor, before: start, limit: chunk, keep: "newest", entries: missing });
    const run = contiguousBefore(start, read);
    const found = run.filter(isEntry);
    bytes += totalBytes(found);
    shown = [...found, ...shown];
    hasChanges ||= found.length < run.length;
    start -= run.length;
    if (run.length < read.length || run.length === 0) {
      return scan(read.slice(0, read.length - run.length).filter(isEntry), false);
    }
  }
  return scan([], false);
}

async function readOldest(
  sources: Sources,
  { after = 0, before = Infinity, limit }: PageQuery,
  head: Head,
): Promise<Found> {
  const { shown, first, isOver } = await scanForth(sources, {
    from: Math.max(after, head.storedSeq),
    before: Math.min(before, head.seq + 1),
    wanted: limit + 1,
  });
  const end = Math.min(first ?? head.seq + 1, before);
  const stored = after + 1 < end ? await sources.store(oldestShown(after, end, limit + 1)) : [];
  const all = [...stored, ...shown];
  const kept = takeBytes(all.slice(0, limit), entryBytes, pageBytes);
  const isFull = totalBytes(kept) >= pageBytes && (kept.at(-1)?.seq ?? head.seq) < Math.min(before - 1, head.seq);
  return { kept, fromLog: new Set(shown), more: isOver || isFull || all.length > limit, isFull };
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
  { from, before, wanted }: { readonly from: number; readonly before: number; readonly wanted: number },
): Promise<ScanForth> {
  const shown: Entry[] = [];
  let first: number | undefined;
  for (let last = from, bytes = 0; last < before - 1 && shown.length < wanted; ) {
    if (isEnough({ shown, bytes, entries: last - from })) return { shown, first, isOver: true };
    const missing = wanted - shown.length;
    const read = await sources.scan({ after: last, before, limit: chunk, keep: "oldest", entries: missing });
    const end = read.at(-1);
    if (end === undefined) break;
    first ??= read[0]?.seq;
    const found = read.filter(isEntry);
    bytes += totalBytes(found);
    shown.push(...found);
    last = end.seq;
  }
  return { shown, first, isOver: false };
}

/**
 * The changes of the entries of a page that are not folded in. They are read after the entries, so that only theirs are read. Undefined where
 * the log no longer has all of them, because they were stored meanwhile.
 */
function readChanges(
  sources: Sources,
  head: Head,
  { kept, fromLog, isPlain = false }: Found,
): Promise<Entry[] | undefined> {
  const targets = kept.filter(({ kind }) => kind === "message").map(({ seq }) => seq);
  const lowest = kept.find((entry) => fromLog.has(entry))?.seq ?? Infinity;
  const after = Math.min(head.storedSeq, lowest);
  if (isPlain || after >= head.seq || targets.length === 0) return Promise.resolve([]);
  return sources.changes({ after, targets });
}

function isEntry(found: Scanned): found is Entry {
  return found.kind !== "change";
}
