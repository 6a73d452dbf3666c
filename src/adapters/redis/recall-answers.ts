import type { Clock } from "../../kernel/clock.ts";
import { storedContentMark } from "../../write-behind/content-mark.ts";
import type { StoredAfter } from "../../write-behind/index.ts";
import type { PartitionKeys } from "./keys.ts";
import type { RedisConnection } from "./redis-connection.ts";

/** How long a first answer is remembered, ms: the horizon of retries that the wire contract names. */
export const rememberMs = 600_000;
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
 * A room that Redis let go in good order is older than the horizon, and nothing of it is recalled.
 */
export async function recallAnswers(
  { connection, storedAfter, clock }: RecallOptions,
  { keys, room, highest }: { readonly keys: PartitionKeys; readonly room: string; readonly highest: number },
): Promise<void> {
  const held = Number(await connection.command((client) => client.hget(keys.state(room), "seq")));
  if (highest <= held) return;
  const entries = await storedAfter(room, held, recallLimit);
  const recent = entries.filter(({ at }) => at > clock.now() - rememberMs);
  await connection.command((client) =>
    Promise.all(
      recent.map((entry) => {
        const { id, from, epoch, seq, at } = entry;
        const answer = `${epoch}:${seq}:${at}:${storedContentMark(entry)}`;
        return client.set(keys.answer(room, from.id, id), answer, "PX", rememberMs, "NX");
      }),
    ),
  );
}
