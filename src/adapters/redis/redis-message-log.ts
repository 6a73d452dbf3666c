import type { Entry, NewEntry } from "../../chat/entry.ts";
import { parseEntry } from "../../chat/parse-entry.ts";
import { ChatError } from "../../protocol/errors.ts";
import { contentMark, refuseOtherContent } from "../../write-behind/content-mark.ts";
import type { Appended, Head, LogAppender, LogReader, LogTier, RangeQuery } from "../../write-behind/index.ts";
import type { PartitionGate } from "./partition-gate.ts";
import { rememberMs } from "./recall-answers.ts";
import type { RedisConnection } from "./redis-connection.ts";
import type { ReplicaBarrier } from "./replica-barrier.ts";
import { streamItems } from "./reply.ts";
import type { SeenSeqs } from "./seen-seqs.ts";

export interface MessageLogOptions {
  readonly connection: RedisConnection;
  readonly gate: PartitionGate;
  readonly seen: SeenSeqs;
  /** Entries in one partition's buffer from which on appends are refused; reopens at 80 % of it. */
  readonly highWatermark: number;
  /** How to wait for a replica; undefined where that is not offered. Known from the start on. */
  readonly barrier: () => Pick<ReplicaBarrier, "pass"> | undefined;
}

/** Told to a sender whose append was refused because the buffer is full, ms. */
const overloadedRetryAfterMs = 1_000;

/** Appends to rooms and reads from them. An append is one script, so it takes one round trip and happens in one piece. */
export class RedisMessageLog implements LogAppender, LogReader {
  readonly #options: MessageLogOptions;
  readonly #watermarks: readonly [close: number, reopen: number];

  constructor(options: MessageLogOptions) {
    this.#options = options;
    this.#watermarks = [options.highWatermark, Math.floor(options.highWatermark * 0.8)];
  }

  async append(entry: NewEntry, durability: LogTier = "fast"): Promise<Appended> {
    const { replid, ...placed } = await this.#place(entry);
    this.#options.seen.note(entry.room, placed.seq);
    const barrier = durability === "safe" ? this.#options.barrier() : undefined;
    if (barrier === undefined) return { ...placed, durability: "fast" };
    // Still in the turn in which the answer came, so this is the run that it came from.
    await barrier.pass({ runId: this.#options.connection.runId, replid });
    return { ...placed, durability: "safe" };
  }

  async head(room: string): Promise<Head> {
    const { gate } = this.#options;
    const keys = gate.keysOf(room);
    const [, epoch = "", seq, stored] = await gate.enter(room, "readHead", [keys.meta, keys.state(room)], []);
    return { epoch, seq: Number(seq), storedSeq: Number(stored) };
  }

  async range(room: string, query: RangeQuery): Promise<Entry[]> {
    const { after, before, limit, keep = "oldest" } = query;
    const { connection, gate } = this.#options;
    const first = after + 1;
    const last = before === undefined ? "+" : before - 1;
    if (limit < 1 || (typeof last === "number" && last < first)) return [];
    const key = gate.keysOf(room).log(room);
    const items = streamItems(
      await connection.command((client) =>
        keep === "oldest"
          ? client.xrange(key, first, last, "COUNT", limit)
          : client.xrevrange(key, last, first, "COUNT", limit),
      ),
    );
    const entries = items.map(({ fields }) => parseEntry(fields.get("e") ?? "")).filter((entry) => entry !== undefined);
    return keep === "oldest" ? entries : entries.toReversed();
  }

  async #place(entry: NewEntry): Promise<Placed> {
    const { gate } = this.#options;
    const { room, from, id } = entry;
    const keys = gate.keysOf(room);
    const mark = contentMark(entry);
    const answer = await gate.enter(
      room,
      "appendEntry",
      [keys.meta, keys.buffer, keys.log(room), keys.state(room), keys.answer(room, from.id, id), keys.feed(room)],
      [JSON.stringify(entry).slice(1), ...this.#watermarks, rememberMs, mark],
    );
    if (answer[0] === "OVERLOADED") {
      throw new ChatError("OVERLOADED", "the buffer is full", { retryAfterMs: overloadedRetryAfterMs });
    }
    if (answer[0] === "OK") return toPlaced(answer.slice(1), false);
    const [, first = "", replid = ""] = answer;
    const [epoch = "", seq = "", at = "", ...known] = first.split(":");
    refuseOtherContent(known.join(":"), mark);
    return toPlaced([epoch, seq, at, replid], true);
  }
}

interface Placed extends Omit<Appended, "durability"> {
  /** Replication id of the server that answered. */
  readonly replid: string;
}

function toPlaced([epoch = "", seq, at, replid = ""]: readonly string[], duplicate: boolean): Placed {
  return { epoch, seq: Number(seq), at: Number(at), replid, duplicate };
}
