import type { Clock } from "../../kernel/clock.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import type { CloseLost, HighestStored, StoredAfter } from "../../write-behind/index.ts";
import type { PartitionKeys } from "./keys.ts";
import { recallAnswers } from "./recall-answers.ts";
import type { RedisConnection } from "./redis-connection.ts";
import { textList } from "./reply.ts";
import type { SeenSeqs } from "./seen-seqs.ts";

export interface SettleOptions {
  readonly connection: RedisConnection;
  readonly seen: SeenSeqs;
  /** How long Redis keeps a room that has nothing waiting to be stored, ms. */
  readonly keepRoomMs: number;
  readonly highestStored: HighestStored;
  readonly storedAfter: StoredAfter;
  readonly closeLost: CloseLost;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

/**
 * Entries of one batch at most (`WEIR_FLUSH_MAX_BATCH`). A flusher writes a room in order of seqs and one batch at a time, so no
 * write is under way further above the room's highest seq in the store.
 */
const largestBatch = 10_000;
/** How long a room waits for the store where the log may know enough by itself, ms. */
const storeWaitMs = 1_000;

/**
 * Settles in this epoch how far a room got. Before the room takes an append, each place below its new end holds an entry, or
 * is closed: a write to the store that began before the log lost its tail comes too late. So a sender that tries again takes
 * a second place only where the first is empty for good.
 * Rejects with what the store says, where the log alone does not know enough.
 */
export async function settleRoom(options: SettleOptions, room: string, keys: PartitionKeys): Promise<void> {
  const { metrics } = options;
  const asked = options.highestStored(room);
  const soon = await within(options.clock, asked);
  let reply = await base(options, { room, keys, highest: soon });
  if (reply[0] === "NEEDS_STORE") reply = await base(options, { room, keys, highest: await asked });
  if (reply[0] === "SETTLED") metrics.count("weir_log_rebases_total", {});
}

interface Basing {
  readonly room: string;
  readonly keys: PartitionKeys;
  /** Highest seq in the store; undefined where it does not answer. */
  readonly highest: number | undefined;
}

async function base(options: SettleOptions, basing: Basing): Promise<string[]> {
  const { room, keys } = basing;
  const reply = await runBaseRoom(options, basing, 0);
  const [answer, epoch = "", after, upTo] = reply;
  if (answer !== "CLOSE") return reply;
  const end = Number(upTo);
  if (end > Number(after)) await close(options, basing, { epoch, after: Number(after), end });
  await recallAnswers(options, { keys, room, highest: end });
  return runBaseRoom(options, basing, end);
}

interface Lost {
  readonly epoch: string;
  readonly after: number;
  readonly end: number;
}

async function close(
  { seen, closeLost, clock, metrics }: SettleOptions,
  { room, highest = 0 }: Basing,
  { epoch, after, end }: Lost,
): Promise<void> {
  const reachable = Math.min(end, highest + largestBatch);
  // Should this epoch end while the places are being closed, the room must not end below them.
  seen.note(room, end);
  const closed = await closeLost({ room, epoch, after, upTo: reachable, at: clock.now() });
  metrics.count("weir_log_lost_places_total", {}, closed + end - Math.max(after, reachable));
}

async function runBaseRoom(
  { connection, keepRoomMs }: SettleOptions,
  { room, keys, highest }: Basing,
  closedUpTo: number,
): Promise<string[]> {
  const touched = [keys.meta, keys.state(room), keys.log(room), keys.erased(room), keys.changes(room)];
  const args = [connection.runId, highest ?? "", keepRoomMs, closedUpTo];
  return textList(await connection.run("baseRoom", touched, args));
}

/** The store's answer, where it comes soon. */
function within(clock: Clock, asked: Promise<number>): Promise<number | undefined> {
  return new Promise((resolve) => {
    const cancel = clock.schedule(storeWaitMs, () => resolve(undefined));
    asked.then(resolve, () => resolve(undefined)).finally(cancel);
  });
}
