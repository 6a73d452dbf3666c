import type { Op } from "./checker-journal.ts";
import type { ChatLoad } from "./load.ts";
import { until } from "./until.ts";

/** Waits for those who are on their way; whoever does not arrive is for the checker to report. */
export async function everyoneAtTheEnd(
  load: ChatLoad,
  history: ReadonlyMap<string, readonly { readonly seq: number }[]>,
): Promise<void> {
  const arrived = (): boolean =>
    load.clients.every((client) =>
      [...client.rooms].every(([room, { last }]) => (last?.seq ?? 0) >= (history.get(room)?.at(-1)?.seq ?? 0)),
    );
  await until(arrived, { within: 60_000, every: 20 }).catch(() => false);
}

/** Sends that ended without being acknowledged, by code, but for changes that were refused: whether rightly is for the checker. */
export function refusedBy(ops: readonly Op[]): Record<string, number> {
  const counts = new Map<string, number>();
  const changes = new Set(ops.flatMap((op) => (op.op === "invoke" && op.target !== undefined ? [op.id] : [])));
  for (const op of ops) {
    if (op.op !== "info" && op.op !== "fail") continue;
    if (op.code !== "TIMEOUT" && changes.has(op.id)) continue;
    counts.set(op.code, (counts.get(op.code) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
}
