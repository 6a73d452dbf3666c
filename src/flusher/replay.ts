import { parseEntry } from "../chat/parse-entry.ts";
import type { DeadLetter, LogDrainer, StoreWriter } from "../write-behind/index.ts";
import { writeIsolating } from "./bisect.ts";

export type ReplayOutcome =
  | { readonly kind: "stored" }
  | { readonly kind: "refused"; readonly detail: string }
  | { readonly kind: "undecodable" };

export interface Replayed {
  readonly letter: DeadLetter;
  readonly outcome: ReplayOutcome;
}

/** The dead letters of all partitions, oldest first within each, at most `limit` from each. */
export async function listDeadLetters(drainer: LogDrainer, limit: number): Promise<DeadLetter[]> {
  const partitions = Array.from({ length: drainer.partitions }, (_, partition) => partition);
  const lists = await Promise.all(partitions.map((partition) => drainer.deadLetters(partition, limit)));
  return lists.flat();
}

/**
 * Offers dead letters to the store again, one at a time, and forgets those that it takes. The others stay as they are.
 * Rejects when log or store can't be reached; replaying again is always right.
 */
export async function replayDeadLetters(
  { drainer, writer }: { readonly drainer: LogDrainer; readonly writer: StoreWriter },
  letters: readonly DeadLetter[],
): Promise<Replayed[]> {
  const results: Replayed[] = [];
  for (const letter of letters) {
    const outcome = await replayOne(writer, letter);
    if (outcome.kind === "stored") await drainer.forget(letter.partition, [letter.id]);
    results.push({ letter, outcome });
  }
  return results;
}

async function replayOne(writer: StoreWriter, letter: DeadLetter): Promise<ReplayOutcome> {
  const entry = parseEntry(letter.raw);
  if (entry === undefined) return { kind: "undecodable" };
  const [refusal] = await writeIsolating(writer, [entry]);
  return refusal === undefined
    ? { kind: "stored" }
    : { kind: "refused", detail: `${refusal.reason}: ${refusal.detail}` };
}
