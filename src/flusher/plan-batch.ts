import type { Buffered } from "../write-behind/index.ts";

export interface BatchLimits {
  readonly maxEntries: number;
  /** Sum of the sizes in the buffer. A batch has at least one entry, however large that is. */
  readonly maxBytes: number;
}

export interface BatchPlan {
  /** A prefix of what was read, so that a trim up to its last cursor lets go of nothing else. */
  readonly batch: readonly Buffered[];
  /** Whether another batch is likely there already; if not, the buffer is left alone for the linger time to gather more. */
  readonly more: boolean;
}

/** How much of the head of a partition's buffer goes into one batch. */
export function planBatch(read: readonly Buffered[], limits: BatchLimits): BatchPlan {
  let bytes = 0;
  const tooMany = read.findIndex((one, i) => {
    bytes += one.bytes;
    return i > 0 && (i >= limits.maxEntries || bytes > limits.maxBytes);
  });
  const batch = tooMany === -1 ? read : read.slice(0, tooMany);
  return { batch, more: batch.length < read.length || batch.length >= limits.maxEntries };
}
