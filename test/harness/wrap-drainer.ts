import type { LogDrainer } from "../../src/write-behind/index.ts";

/** A log's drainer with some of its methods replaced, for faults and planted bugs. */
export function wrapDrainer(log: LogDrainer, changes: Partial<LogDrainer>): LogDrainer {
  return {
    partitions: log.partitions,
    read: (partition, limit) => log.read(partition, limit),
    trim: (trim) => log.trim(trim),
    raiseFence: (partition, token) => log.raiseFence(partition, token),
    depth: (partition) => log.depth(partition),
    bury: (partition, buffered, error) => log.bury(partition, buffered, error),
    deadLetters: (partition, limit) => log.deadLetters(partition, limit),
    forget: (partition, ids) => log.forget(partition, ids),
    ...changes,
  };
}
