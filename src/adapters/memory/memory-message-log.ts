import type { Entry, EntryKind, NewEntry } from "../../chat/entry.ts";
import { entryBytes, takeBytes } from "../../chat/entry-bytes.ts";
import { changesText, eraseSuperseded } from "../../chat/erase.ts";
import { parseEntry } from "../../chat/parse-entry.ts";
import { partitionOf } from "../../chat/room.ts";
import type { Clock } from "../../kernel/clock.ts";
import { ChatError } from "../../protocol/errors.ts";
import { contentMark, refuseOtherContent } from "../../write-behind/content-mark.ts";
import { deadLettersFull } from "../../write-behind/dead-letters-full.ts";
import {
  type Appended,
  type BufferDepth,
  type Buffered,
  type ChangesQuery,
  changesRead,
  type DeadLetter,
  type FeedListener,
  type Head,
  type HighestStored,
  type MessageLog,
  maxDeadLetters,
  type RangeQuery,
  type Scanned,
  type ScanQuery,
  type Trim,
} from "../../write-behind/index.ts";

export interface MemoryLogOptions {
  readonly partitions: number;
  /** Entries in one partition's buffer from which on appends are refused; reopens at 80 % of it. */
  readonly highWatermark: number;
  /** Entries that a room's log keeps when they are stored. */
  readonly tail: number;
  readonly highestStored: HighestStored;
  readonly clock: Clock;
}

/** Told to a sender whose append was refused because the buffer is full, ms. */
const overloadedRetryAfterMs = 1_000;

interface Room {
  entries: Entry[];
  /** (user, id) to its first answer and its content mark. */
  readonly answers: Map<string, { readonly answer: Appended; readonly mark: string }>;
  seq: number;
  storedSeq: number;
}

interface Partition {
  buffer: Buffered[];
  dead: DeadLetter[];
  epoch: number;
  fence: number;
  /** Last cursor given. */
  cursor: number;
  overloaded: boolean;
}

/**
 * A message log that lives and dies with the process, for tests and as the shortest statement of what a log does.
 * It publishes before the append resolves. It remembers every id, not only those of the last minutes.
 */
export class MemoryMessageLog implements MessageLog {
  readonly partitions: number;
  readonly #options: MemoryLogOptions;
  readonly #partitions: readonly Partition[];
  readonly #rooms = new Map<string, Promise<Room>>();
  readonly #listeners = new Map<string, FeedListener>();
  readonly #interruptionCallbacks: (() => void)[] = [];

  constructor(options: MemoryLogOptions) {
    this.#options = options;
    this.partitions = options.partitions;
    this.#partitions = Array.from({ length: options.partitions }, () => newPartition());
  }

  async append(entry: NewEntry): Promise<Appended> {
    const room = await this.#room(entry.room);
    const partition = this.#partition(partitionOf(entry.room, this.partitions));
    const key = JSON.stringify([entry.from.id, entry.id]);
    const before = room.answers.get(key);
    const mark = contentMark(entry);
    if (before !== undefined) {
      refuseOtherContent(before.mark, mark);
      return { ...before.answer, duplicate: true };
    }
    this.#checkWatermark(partition);
    const at = Math.max(this.#options.clock.now(), room.entries.at(-1)?.at ?? 0);
    const placed: Entry = { ...entry, epoch: String(partition.epoch), seq: ++room.seq, at };
    const answer = { epoch: placed.epoch, seq: placed.seq, at, durability: "fast", duplicate: false } as const;
    room.answers.set(key, { answer, mark });
    room.entries.push(placed);
    partition.buffer.push(buffered(String(++partition.cursor), placed));
    if (changesText(placed)) erase(room, partition, entry.room);
    this.#listeners.get(entry.room)?.entry(room.entries.at(-1) ?? placed);
    return answer;
  }

  async head(name: string): Promise<Head> {
    const { seq, storedSeq } = await this.#room(name);
    return { epoch: String(this.#partition(partitionOf(name, this.partitions)).epoch), seq, storedSeq };
  }

  async range(name: string, query: RangeQuery): Promise<Entry[]> {
    const { after, before = Infinity, limit, keep = "oldest", maxBytes = Infinity } = query;
    const room = await this.#room(name);
    const found = room.entries.filter(({ seq }) => seq > after && seq < before);
    if (keep === "oldest") return takeBytes(found.slice(0, limit), entryBytes, maxBytes);
    return takeBytes(found.slice(-limit).toReversed(), entryBytes, maxBytes).toReversed();
  }

  async scan(name: string, { maxBytes = Infinity, keep = "oldest", ...query }: ScanQuery): Promise<Scanned[]> {
    const found = (await this.range(name, { ...query, keep })).map(
      (entry): Scanned => (isChange(entry.kind) ? { kind: "change", seq: entry.seq } : entry),
    );
    const ordered = keep === "oldest" ? found : found.toReversed();
    const wanted = takeBytes(ordered, (one) => (one.kind === "change" ? 0 : 1), query.entries);
    const taken = takeBytes(wanted, (one) => (one.kind === "change" ? 0 : entryBytes(one)), maxBytes);
    return keep === "oldest" ? taken : taken.toReversed();
  }

  async changes(name: string, { targets, after }: ChangesQuery): Promise<Entry[] | undefined> {
    const { entries, storedSeq } = await this.#room(name);
    const [first] = entries;
    if (after !== undefined && storedSeq > after && (first === undefined || first.seq > after + 1)) return undefined;
    const wanted = new Set(targets);
    return entries
      .filter(({ kind, seq, target = 0 }) => isChange(kind) && seq > (after ?? 0) && wanted.has(target))
      .slice(-changesRead.changes);
  }

  subscribe(room: string, listener: FeedListener): Promise<void> {
    this.#listeners.set(room, listener);
    return Promise.resolve();
  }

  unsubscribe(room: string): Promise<void> {
    this.#listeners.delete(room);
    return Promise.resolve();
  }

  onInterruption(callback: () => void): void {
    this.#interruptionCallbacks.push(callback);
  }

  /** Does as if the feed had been away for a moment: for tests of those who listen. */
  interrupt(): void {
    for (const callback of this.#interruptionCallbacks) callback();
  }

  read(partition: number, limit: number): Promise<Buffered[]> {
    return Promise.resolve(this.#partition(partition).buffer.slice(0, limit));
  }

  async trim({ partition: index, token, upTo, rooms }: Trim): Promise<boolean> {
    const partition = this.#partition(index);
    if (!raise(partition, token)) return false;
    for (const { room, seq, putAside = [] } of rooms) {
      this.#markStored(await this.#room(room), seq);
      this.#listeners.get(room)?.stored({ epoch: String(partition.epoch), seq }, { after: 0, putAside });
    }
    partition.buffer = partition.buffer.filter(({ cursor }) => Number(cursor) > Number(upTo));
    return true;
  }

  raiseFence(partition: number, token: number): Promise<boolean> {
    return Promise.resolve(raise(this.#partition(partition), token));
  }

  depth(partition: number): Promise<BufferDepth> {
    const { buffer } = this.#partition(partition);
    const [oldest] = buffer;
    const oldestAgeMs = oldest === undefined ? 0 : Math.max(0, this.#options.clock.now() - oldest.at);
    return Promise.resolve({ entries: buffer.length, oldestAgeMs });
  }

  bury(index: number, { cursor, entry, raw: given }: Buffered, error: string): Promise<void> {
    const partition = this.#partition(index);
    const now = partition.buffer.find((one) => one.cursor === cursor);
    const raw = entry === undefined ? given : (now?.raw ?? given);
    if (partition.dead.some(({ id }) => id === cursor)) return Promise.resolve();
    if (partition.dead.length >= maxDeadLetters) return Promise.reject(deadLettersFull(index));
    partition.dead.push({ partition: index, id: cursor, raw, error, at: this.#options.clock.now() });
    return Promise.resolve();
  }

  deadLetters(partition: number, limit: number): Promise<DeadLetter[]> {
    return Promise.resolve(this.#partition(partition).dead.slice(0, limit));
  }

  forget(index: number, ids: readonly string[]): Promise<void> {
    const partition = this.#partition(index);
    partition.dead = partition.dead.filter(({ id }) => !ids.includes(id));
    return Promise.resolve();
  }

  #partition(index: number): Partition {
    const partition = this.#partitions[index];
    if (partition === undefined) throw new RangeError(`no partition ${index}`);
    return partition;
  }

  /** The room, based where the store ends; asked once, and again only after the store could not say. */
  #room(name: string): Promise<Room> {
    const known = this.#rooms.get(name);
    if (known !== undefined) return known;
    const based = this.#options.highestStored(name).then(newRoom);
    this.#rooms.set(name, based);
    based.catch(() => this.#rooms.delete(name));
    return based;
  }

  #checkWatermark(partition: Partition): void {
    const { highWatermark } = this.#options;
    const limit = partition.overloaded ? Math.floor(highWatermark * 0.8) + 1 : highWatermark;
    partition.overloaded = partition.buffer.length >= limit;
    if (!partition.overloaded) return;
    throw new ChatError("OVERLOADED", "the buffer is full", { retryAfterMs: overloadedRetryAfterMs });
  }

  #markStored(room: Room, seq: number): void {
    room.storedSeq = Math.max(room.storedSeq, seq);
    const keepFrom = Math.min(room.storedSeq, room.seq - this.#options.tail) + 1;
    const gone = room.entries.findIndex((entry) => entry.seq >= keepFrom);
    room.entries.splice(0, gone === -1 ? room.entries.length : gone);
  }
}

function isChange(kind: EntryKind): boolean {
  return kind !== "message" && kind !== "system";
}

function newRoom(base: number): Room {
  return { entries: [], answers: new Map(), seq: base, storedSeq: base };
}

function newPartition(): Partition {
  return { buffer: [], dead: [], epoch: 1, fence: 0, cursor: 0, overloaded: false };
}

function buffered(cursor: string, entry: Entry): Buffered {
  const raw = JSON.stringify(entry);
  return { cursor, bytes: Buffer.byteLength(raw), at: entry.at, entry, raw };
}

/** Erases everywhere what the changes of a room replaced or deleted. */
function erase(room: Room, partition: Partition, name: string): void {
  const changes = room.entries;
  const erased = (entry: Entry): Entry => eraseSuperseded([entry], changes)[0] ?? entry;
  room.entries = [...eraseSuperseded(changes)];
  partition.buffer = partition.buffer.map((one) =>
    one.entry?.room === name ? buffered(one.cursor, erased(one.entry)) : one,
  );
  partition.dead = partition.dead.map((letter) => {
    const entry = parseEntry(letter.raw);
    return entry?.room === name ? { ...letter, raw: JSON.stringify(erased(entry)) } : letter;
  });
}

function raise(partition: Partition, token: number): boolean {
  if (token < partition.fence) return false;
  partition.fence = token;
  return true;
}
