import type { Entry } from "../chat/entry.ts";
import type { Refusal, StoreWriter } from "../write-behind/index.ts";
import { isUnavailable } from "./retry-policy.ts";

/** When so many entries in a row fail alone and none is taken, the store is ill and the entries are not to blame. */
const blamelessAfter = 16;

/**
 * Writes entries and finds out which of them the store refuses. Most stores say so themselves; when the store rejects a whole
 * batch, the batch is halved until each entry at fault stands alone: about 2 log2(n) more writes for one.
 * Rejects when the store can't be reached, or takes nothing at all; then everything is to be sent again.
 */
export async function writeIsolating(writer: StoreWriter, entries: readonly Entry[]): Promise<Refusal[]> {
  let isolated = 0;
  let taken = false;

  const alone = (entry: Entry, error: unknown): Refusal[] => {
    isolated += 1;
    if (!taken && isolated >= blamelessAfter) throw error;
    return [{ entry, reason: "invalid", detail: error instanceof Error ? error.message : String(error) }];
  };
  const write = async (part: readonly Entry[]): Promise<Refusal[]> => {
    try {
      const refusals = await writer.write(part);
      taken = true;
      return refusals;
    } catch (error) {
      if (isUnavailable(error)) throw error;
      const [first] = part;
      if (first === undefined) return [];
      if (part.length === 1) return alone(first, error);
      const half = Math.ceil(part.length / 2);
      return [...(await write(part.slice(0, half))), ...(await write(part.slice(half)))];
    }
  };
  return write(entries);
}
