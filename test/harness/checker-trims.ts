import type { Violation } from "./checker-journal.ts";
import type { TrimRecord } from "./flaws.ts";

/** I8, as far as it can be seen from outside: once a later leader has trimmed a partition, no earlier one does. */
export function checkTrims(trims: readonly TrimRecord[]): Violation[] {
  const highest = new Map<number, number>();
  return trims.flatMap(({ partition, token }, i): Violation[] => {
    const before = highest.get(partition) ?? 0;
    highest.set(partition, Math.max(before, token));
    if (token >= before) return [];
    return [
      { invariant: "I8", detail: `trim ${i} of partition ${partition} is of term ${token}, after term ${before}` },
    ];
  });
}
