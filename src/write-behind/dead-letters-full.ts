import { ChatError } from "../protocol/errors.ts";

/** When the flusher may look again, ms. */
const retryAfterMs = 1_000;

export function deadLettersFull(partition: number): ChatError {
  return new ChatError("OVERLOADED", `partition ${partition} has too many dead letters: replay them`, { retryAfterMs });
}
