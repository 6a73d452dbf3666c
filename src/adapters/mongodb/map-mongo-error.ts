import { MongoBulkWriteError, MongoError } from "mongodb";
import { ChatError } from "../../protocol/errors.ts";

const duplicateKey = 11_000;

/**
 * Codes by which MongoDB refuses one document for what is in it, whenever it is tried: bad value, failed to parse, type mismatch,
 * `$` or `.` in a field name, validation, too large. Any other code speaks of the server's state and is tried again.
 */
const refusingCodes: ReadonlySet<number> = new Set([2, 9, 14, 52, 57, 121, 10_334, 17_280, 17_419, 17_420]);

/** Why one operation of a bulk was not done. */
export interface BulkFailure {
  /** Place of the operation in the bulk. */
  readonly index: number;
  readonly reason: "duplicate" | "invalid";
  readonly detail: string;
}

/**
 * The failures of single operations, where those are all that went wrong: everything else in the bulk is stored as durably
 * as was asked.
 * @throws the error itself where it says anything else
 */
export function failuresOf(error: unknown): BulkFailure[] {
  if (!(error instanceof MongoBulkWriteError) || error.result.getWriteConcernError() !== undefined) throw error;
  const failures = [error.writeErrors].flat();
  // A lost connection comes as an error of a bulk too, with no operation named: then nothing is known of any.
  if (failures.length === 0) throw error;
  return failures.map(({ code, index, errmsg }) => {
    if (code !== duplicateKey && !refusingCodes.has(code)) throw error;
    return { index, reason: code === duplicateKey ? "duplicate" : "invalid", detail: `${code}: ${errmsg ?? ""}` };
  });
}

/** What the caller sees: whatever the driver reports, nothing can be said about the call but that it may be tried again. */
export function mapMongoError(error: unknown): unknown {
  if (!(error instanceof MongoError)) return error;
  return new ChatError("UNAVAILABLE", "the store can't be reached", { cause: error });
}
