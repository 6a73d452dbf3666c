import { parseEntry } from "../../chat/parse-entry.ts";
import { deadLettersFull } from "../../write-behind/dead-letters-full.ts";
import {
  type BufferDepth,
  type Buffered,
  type DeadLetter,
  type LogDrainer,
  maxDeadLetters,
  type StoredRoom,
  type Trim,
} from "../../write-behind/index.ts";
import { padBufferId, readErased } from "./buffer-id.ts";
import type { PartitionGate } from "./partition-gate.ts";
import type { RedisConnection } from "./redis-connection.ts";
import { list, streamItems, text, textList } from "./reply.ts";
import type { SeenSeqs } from "./seen-seqs.ts";

export interface DrainerOptions {
  readonly connection: RedisConnection;
  readonly gate: PartitionGate;
  readonly seen: SeenSeqs;
  readonly partitions: number;
  /** Stored entries that a room's log keeps. */
  readonly tail: number;
  /** How long Redis keeps a room that has nothing waiting to be stored, ms. */
  readonly keepRoomMs: number;
}

/** Rooms marked at once: keeps one burst well below a command timeout, and lets appends in between. */
const roomsAtOnce = 200;

/**
 * Drains the buffers. A cursor is `<epoch>:<stream id>`: in another epoch the ids of the buffer may begin again, so a
 * trim with a cursor of an old one removes nothing, and the caller reads what it wrote once more.
 */
export class RedisLogDrainer implements LogDrainer {
  readonly partitions: number;
  readonly #options: DrainerOptions;

  constructor(options: DrainerOptions) {
    this.#options = options;
    this.partitions = options.partitions;
  }

  async read(partition: number, limit: number): Promise<Buffered[]> {
    const { connection, gate, seen } = this.#options;
    const { meta, buffer, erasedInBuffer } = gate.keys(partition);
    const reply = list(await connection.run("readBuffer", [meta, buffer, erasedInBuffer], [limit]));
    const [epoch, items, members] = reply;
    const kept = streamItems(items).map(({ id, fields }) => ({ id, raw: fields.get("e") ?? "" }));
    const erased = textList(members).map(readErased);
    const read = (erased.length === 0 ? kept : inOrder([...kept, ...erased], limit)).map((item) =>
      buffered(text(epoch), item),
    );
    // What is on its way to the store must not be given out again, should the log lose it meanwhile.
    for (const { entry } of read) if (entry !== undefined) seen.note(entry.room, entry.seq);
    return read;
  }

  /** The rooms come first: a crash between the two leaves entries to be stored again, which changes nothing. */
  async trim({ partition, token, upTo, rooms }: Trim): Promise<boolean> {
    const { connection, gate } = this.#options;
    const { meta, buffer, erasedInBuffer } = gate.keys(partition);
    const [epoch = "", id = ""] = upTo.split(":");
    for (let i = 0; i < rooms.length; i += roomsAtOnce) {
      const some = rooms.slice(i, i + roomsAtOnce);
      const results = await Promise.all(some.map((room) => this.#markStored(room, [partition, token, epoch])));
      if (results.includes("FENCED")) return false;
    }
    const next = idAfter(id);
    const args = [token, epoch, next, padBufferId(next)];
    const result = await connection.run("trimBuffer", [meta, buffer, erasedInBuffer], args);
    return result !== "FENCED";
  }

  async raiseFence(partition: number, token: number): Promise<boolean> {
    const { connection, gate } = this.#options;
    return (await connection.run("raiseFence", [gate.keys(partition).meta], [token])) === 1;
  }

  async depth(partition: number): Promise<BufferDepth> {
    const { connection, gate } = this.#options;
    const { buffer, erasedInBuffer } = gate.keys(partition);
    const [entries, oldestAgeMs] = textList(await connection.run("readDepth", [buffer, erasedInBuffer], []));
    return { entries: Number(entries), oldestAgeMs: Number(oldestAgeMs) };
  }

  async bury(partition: number, { cursor, raw }: Buffered, error: string): Promise<void> {
    const { connection, gate } = this.#options;
    const { dead, buried, buffer, erasedInBuffer } = gate.keys(partition);
    const [, id = ""] = cursor.split(":");
    const args = [id, raw, error, padBufferId(id), maxDeadLetters];
    const result = await connection.run("buryEntry", [dead, buried, buffer, erasedInBuffer], args);
    if (result === -1) throw deadLettersFull(partition);
  }

  async deadLetters(partition: number, limit: number): Promise<DeadLetter[]> {
    const { connection, gate } = this.#options;
    const { dead } = gate.keys(partition);
    const reply = await connection.command((client) => client.xrange(dead, "-", "+", "COUNT", limit));
    return streamItems(reply).map(({ id, fields }) => ({
      partition,
      id,
      raw: fields.get("raw") ?? "",
      error: fields.get("error") ?? "",
      at: Number(fields.get("at")),
    }));
  }

  async forget(partition: number, ids: readonly string[]): Promise<void> {
    const { connection, gate } = this.#options;
    const { dead, buried } = gate.keys(partition);
    for (const id of ids) await connection.run("forgetLetter", [dead, buried], [id]);
  }

  #markStored(
    { room, seq, putAside = [] }: StoredRoom,
    [partition, token, epoch]: readonly [number, number, string],
  ): Promise<unknown> {
    const { connection, gate, tail, keepRoomMs } = this.#options;
    const keys = gate.keys(partition);
    return connection.run(
      "markStored",
      [keys.meta, keys.log(room), keys.state(room), keys.feed(room), keys.erased(room), keys.changes(room)],
      [token, epoch, seq, tail, keepRoomMs, putAside.join(",")],
    );
  }
}

interface BufferItem {
  readonly id: string;
  readonly raw: string;
}

/** The oldest of the entries that were kept and those that were erased. */
function inOrder(items: readonly BufferItem[], limit: number): BufferItem[] {
  const padded = items.map((item) => ({ item, key: padBufferId(item.id) }));
  return padded
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .slice(0, limit)
    .map(({ item }) => item);
}

function buffered(epoch: string, { id, raw }: BufferItem): Buffered {
  const entry = parseEntry(raw);
  const at = entry?.at ?? Number(id.split("-")[0]);
  return { cursor: `${epoch}:${id}`, bytes: Buffer.byteLength(raw), at, entry, raw };
}

/** The lowest id that is greater than this one. */
function idAfter(id: string): string {
  const [ms = "0", count = "0"] = id.split("-");
  return `${ms === "" ? "0" : ms}-${Number(count) + 1}`;
}
