import type { Clock } from "../../kernel/clock.ts";
import { storedContentMark } from "../../write-behind/content-mark.ts";
import type { StoredAfter } from "../../write-behind/index.ts";
import { rememberMs } from "./answer-rotation.ts";
import { answerField, type PartitionKeys } from "./keys.ts";
import type { RedisConnection } from "./redis-connection.ts";

/** Answers of one room that are recalled: as many entries as a room's log keeps. */
const recallLimit = 500;

export interface RecallOptions {
  readonly connection: RedisConnection;
  readonly storedAfter: StoredAfter;
  readonly clock: Clock;
}

/**
 * Where the store is ahead of Redis, Redis lost entries after they were stored, and their answers with them: a sender who
 * never heard them would send again and take a second place. So the answers are put back, before the room takes an append.
 * Of the epoch that goes on nothing was lost: such a room was let go in good order, and its answers are still there.
 */
export async function recallAnswers(
  { connection, storedAfter, clock }: RecallOptions,
  { keys, room, highest }: { readonly keys: PartitionKeys; readonly room: string; readonly highest: number },
): Promise<void> {
  const [held, current] = await connection.command((client) =>
    Promise.all([client.hget(keys.state(room), "seq"), client.hget(keys.meta, "epoch")]),
  );
  if (highest <= Number(held)) return;
  const entries = await storedAfter(room, Number(held), recallLimit);
  // Times are from the clock of a server that may be gone, so they are compared with each other.
  const newest = entries.reduce((latest, { at }) => Math.max(latest, at), 0);
  const horizon = Math.min(clock.now(), newest) - rememberMs;
  const lost = entries.filter(({ at, epoch }) => epoch !== current && at > horizon);
  if (lost.length === 0) return;
  const answers = lost.map((entry) => {
    const { id, from, epoch, seq, at } = entry;
    return [answerField(room, from.id, id), `${epoch}:${seq}:${at}:${storedContentMark(entry)}`];
  });
  await connection.run("recallAnswers", keys.answers, [JSON.stringify(answers)]);
}
