import type { Entry, NewEntry } from "../../chat/entry.ts";
import { changesText } from "../../chat/erase.ts";
import { parseEntry } from "../../chat/parse-entry.ts";
import { ChatError } from "../../protocol/errors.ts";
import { contentMark, refuseOtherContent } from "../../write-behind/content-mark.ts";
import {
  type Appended,
  type ChangesQuery,
  changesRead,
  type Head,
  type LogAppender,
  type LogReader,
  type LogTier,
  type RangeQuery,
  type Scanned,
  type ScanQuery,
} from "../../write-behind/index.ts";
import { eraseLetters } from "./erase-letters.ts";
import { answerField } from "./keys.ts";
import type { PartitionGate } from "./partition-gate.ts";
import type { RedisConnection } from "./redis-connection.ts";
import type { ReplicaBarrier } from "./replica-barrier.ts";
import { textList } from "./reply.ts";
import type { SeenSeqs } from "./seen-seqs.ts";
import { argsWithoutErasure, planChange } from "./text-changes.ts";
import { unavailable } from "./unavailable.ts";

export interface MessageLogOptions {
  readonly connection: RedisConnection;
  readonly gate: PartitionGate;
  readonly seen: SeenSeqs;
  /** Entries in one partition's buffer from which on appends are refused; reopens at 80 % of it. */
  readonly highWatermark: number;
  /** How to wait for a replica; undefined where that is not offered. Known from the start on. */
  readonly barrier: () => Pick<ReplicaBarrier, "pass"> | undefined;
}

/** Plans of one append: with each that fails, another change of the same message has passed. */
const maxPlans = 50;

/** Appends that one append names. One that has more before it waits until so few are left without an answer. */
const maxNamed = 64;

/** Tries of an append that follows another, before it waits for the answer to that. */
const earlyTries = 3;

/** Told to a sender whose append was refused because the buffer is full, ms. */
const overloadedRetryAfterMs = 1_000;

/** Appends to rooms and reads from them. An append is one script, so it takes one round trip and happens in one piece. */
export class RedisMessageLog implements LogAppender, LogReader {
  readonly #options: MessageLogOptions;
  readonly #watermarks: readonly [close: number, reopen: number];
  /** By room and sender, the appends without an answer, the oldest first. */
  readonly #open = new Map<string, Set<OpenAppend>>();

  constructor(options: MessageLogOptions) {
    this.#options = options;
    this.#watermarks = [options.highWatermark, Math.floor(options.highWatermark * 0.8)];
  }

  async append(entry: NewEntry, durability: LogTier = "fast"): Promise<Appended> {
    const { replid, ...placed } = await this.#place(entry);
    // Still in the turn in which the answer came, so this is the run that it came from.
    const { runId } = this.#options.connection;
    this.#options.seen.note(entry.room, placed.seq);
    if (changesText(entry)) await this.#eraseLetters(entry, placed.seq);
    const barrier = durability === "safe" ? this.#options.barrier() : undefined;
    if (barrier === undefined) return { ...placed, durability: "fast" };
    await barrier.pass({ runId, replid });
    return { ...placed, durability: "safe" };
  }

  async head(room: string): Promise<Head> {
    const { gate } = this.#options;
    const keys = gate.keysOf(room);
    const [, epoch = "", seq, stored] = await gate.enter(room, "readHead", [keys.meta, keys.state(room)], []);
    return { epoch, seq: Number(seq), storedSeq: Number(stored) };
  }

  async range(room: string, query: RangeQuery): Promise<Entry[]> {
    const found = await this.#read("readRange", room, query);
    return found.flatMap((json) => parseEntry(json) ?? []);
  }

  async scan(room: string, query: ScanQuery): Promise<Scanned[]> {
    const found = await this.#read("scanRange", room, query, [query.entries]);
    return found.flatMap((item) =>
      item.startsWith("{") ? (parseEntry(item) ?? []) : { kind: "change", seq: Number(item) },
    );
  }

  /** What a script has of a range, ascending. */
  async #read(
    script: "readRange" | "scanRange",
    room: string,
    query: RangeQuery,
    more: readonly number[] = [],
  ): Promise<string[]> {
    const { after, before, limit, keep = "oldest", maxBytes = Number.MAX_SAFE_INTEGER } = query;
    const { connection, gate } = this.#options;
    const first = after + 1;
    const last = before === undefined ? "+inf" : before - 1;
    if (limit < 1 || (typeof last === "number" && last < first)) return [];
    const keys = gate.keysOf(room);
    const places = [keys.log(room), keys.erased(room), ...(script === "scanRange" ? [keys.changes(room)] : [])];
    const found = textList(await connection.run(script, places, [first, last, limit, keep, maxBytes, ...more]));
    return keep === "oldest" ? found : found.toReversed();
  }

  async changes(room: string, { targets, after }: ChangesQuery): Promise<Entry[] | undefined> {
    const { connection, gate } = this.#options;
    const { changes, entries, bytes } = changesRead;
    const keys = gate.keysOf(room);
    const args = [after ?? "", changes, entries, bytes, targets.join(",")];
    const places = [keys.log(room), keys.erased(room), keys.changes(room), keys.state(room)];
    const [answer, ...found] = textList(await connection.run("readChanges", places, args));
    if (answer === "GONE") return undefined;
    return found.flatMap((json) => parseEntry(json) ?? []).sort((a, b) => a.seq - b.seq);
  }

  async #place(entry: NewEntry): Promise<Placed> {
    const mark = contentMark(entry);
    const answer = await this.#inOrder(entry, mark);
    if (answer[0] === "OVERLOADED") {
      throw new ChatError("OVERLOADED", "the buffer is full", { retryAfterMs: overloadedRetryAfterMs });
    }
    if (answer[0] === "OK") return toPlaced(answer.slice(1), false);
    const [, first = "", replid = ""] = answer;
    const [epoch = "", seq = "", at = "", ...known] = first.split(":");
    refuseOtherContent(known.join(":"), mark);
    return toPlaced([epoch, seq, at, replid], true);
  }

  /**
   * A sender's appends that are under way at a time get their places in the order of the calls. An append names all that are
   * under way before it, so the script refuses it where one was turned back and comes again. To name the last alone is not
   * enough: where that is a retry, it is known before the others are in.
   */
  async #inOrder(entry: NewEntry, mark: string): Promise<string[]> {
    const { room, from, id } = entry;
    const sender = `${room}|${from.id}`;
    const open = this.#open.get(sender) ?? new Set();
    const running = this.#runAfter(entry, mark, [...open]);
    const own: OpenAppend = { field: answerField(room, from.id, id), answered: running.then(nothing, nothing) };
    this.#open.set(sender, open.add(own));
    try {
      return await running;
    } finally {
      open.delete(own);
      own.isAnswered = true;
      if (open.size === 0) this.#open.delete(sender);
    }
  }

  /**
   * Those before it have mostly been sent again by the time of the answer EARLY, so this one follows at once: many that are
   * under way stay a pipeline. An edit reads first, so it may take longer.
   */
  async #runAfter(entry: NewEntry, mark: string, before: readonly OpenAppend[]): Promise<string[]> {
    // Without an await before it: each call has to be sent in its own turn.
    if (before.length === 0) return this.#runAppend(entry, mark);
    for (const tooMany of before.slice(0, -maxNamed)) await tooMany.answered;
    for (let tries = 0; tries < earlyTries; tries++) {
      const named = before.flatMap(({ isAnswered, field }) => (isAnswered ? [] : [field]));
      const answer = await this.#runAppend(entry, mark, named);
      if (answer[0] !== "EARLY") return answer;
    }
    for (const { answered } of before) await answered;
    return this.#runAppend(entry, mark);
  }

  /** A plan holds unless another change of the same message comes between. */
  async #runAppend(entry: NewEntry, mark: string, after: readonly string[] = []): Promise<string[]> {
    const { connection, gate } = this.#options;
    const { room, from, id } = entry;
    const keys = gate.keysOf(room);
    const places = [keys.log(room), keys.state(room), keys.answer(room, from.id, id), keys.feed(room)];
    const erased = [keys.erased(room), keys.changes(room), keys.erasedInBuffer];
    const all = [keys.meta, keys.buffer, ...places, ...erased, ...keys.answers];
    const field = answerField(room, from.id, id);
    for (let tries = 0; tries < maxPlans; tries++) {
      const plan = changesText(entry)
        ? await planChange(connection, keys, entry)
        : { entry, args: argsWithoutErasure(entry) };
      // The scripts find the kind by its being the first of the sender's fields.
      const { kind, ...fields } = plan.entry;
      const json = JSON.stringify({ kind, ...fields }).slice(1);
      const args = [json, ...this.#watermarks, field, mark, after.length, ...plan.args, ...after];
      const answer = await gate.enter(room, "appendEntry", all, args);
      if (answer[0] !== "CHANGED") return answer;
    }
    throw unavailable("the message changes too often");
  }

  /** For a retry too: the first try may have ended between the append and this. */
  #eraseLetters(change: NewEntry, seq: number): Promise<void> {
    const { connection, gate } = this.#options;
    return eraseLetters(connection, gate.keysOf(change.room), { ...change, epoch: "0", seq, at: 0 });
  }
}

interface OpenAppend {
  /** Of its first answer. */
  readonly field: string;
  isAnswered?: true;
  /** Resolves once it has an answer, whatever it is. */
  readonly answered: Promise<void>;
}

function nothing(): void {}

interface Placed extends Omit<Appended, "durability"> {
  /** Replication id of the server that answered. */
  readonly replid: string;
}

function toPlaced([epoch = "", seq, at, replid = ""]: readonly string[], duplicate: boolean): Placed {
  return { epoch, seq: Number(seq), at: Number(at), replid, duplicate };
}
