import type { Entry } from "../chat/entry.ts";
import type { Buffered, StoredRoom } from "../write-behind/index.ts";
import { writeIsolating } from "./bisect.ts";
import { type PutAside, putAside, type Rejected } from "./dead-letter.ts";

/** A batch of one partition, flushed in the name of a term. */
export interface BatchToFlush {
  readonly partition: number;
  /** Fencing token of the term. */
  readonly token: number;
  readonly batch: readonly Buffered[];
}

/**
 * Stores a batch, puts aside what can't be stored, then trims the buffer: in this order, so that a crash at any point leaves
 * entries that are stored twice (which changes nothing) and never ones that are nowhere.
 * `fenced` when the log has seen a newer leader; the batch is stored then, but not trimmed.
 * Rejects when log or store can't be reached; flushing the same batch again is always right.
 */
export async function flushBatch(
  deps: PutAside,
  { partition, token, batch }: BatchToFlush,
): Promise<"done" | "fenced"> {
  const refused = await store(deps, batch);
  for (const rejected of refused) await putAside(deps, partition, rejected);
  const upTo = batch.at(-1)?.cursor;
  if (upTo === undefined) return "done";
  const trimmed = await deps.drainer.trim({ partition, token, upTo, rooms: storedRooms(batch, refused) });
  return trimmed ? "done" : "fenced";
}

async function store(deps: PutAside, batch: readonly Buffered[]): Promise<Rejected[]> {
  const entries = batch.flatMap(({ entry }) => entry ?? []);
  const refusals = entries.length === 0 ? [] : await writeIsolating(deps.writer, entries);
  const byPlace = new Map(refusals.map((refusal) => [place(refusal.entry), refusal]));
  return batch.flatMap((buffered): Rejected[] => {
    if (buffered.entry === undefined)
      return [{ buffered, reason: "undecodable", detail: "the bytes are not an entry" }];
    const refusal = byPlace.get(place(buffered.entry));
    return refusal === undefined ? [] : [{ buffered, reason: refusal.reason, detail: refusal.detail }];
  });
}

/** Room names have no spaces. */
function place({ room, epoch, seq }: Entry): string {
  return `${room} ${epoch} ${seq}`;
}

/** How far each room of a batch is stored: the batch is a prefix of the buffer, so there is nothing unstored before its last entry. */
function storedRooms(batch: readonly Buffered[], refused: readonly Rejected[]): StoredRoom[] {
  const highest = new Map<string, number>();
  for (const { entry } of batch)
    if (entry !== undefined) highest.set(entry.room, Math.max(entry.seq, highest.get(entry.room) ?? 0));
  return [...highest].map(([room, seq]) => {
    const aside = refused.flatMap(({ buffered: { entry } }) => (entry?.room === room ? entry.seq : []));
    return { room, seq, ...(aside.length > 0 ? { putAside: aside } : {}) };
  });
}
