import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Op, Recorded } from "./checker-journal.ts";
import type { Deployment } from "./deployment.ts";

/** What there is to find out from after a violation. */
export interface Evidence {
  readonly deployment: Pick<Deployment, "keepLogs">;
  /** Has the seed of the run in it. */
  readonly name: string;
  readonly ops: readonly Op[];
  readonly history: ReadonlyMap<string, readonly Recorded[]>;
}

/** Writes the journal, the history and the logs of all processes into a folder, and returns its name. */
export async function keepEvidence({ deployment, name, ops, history }: Evidence): Promise<string> {
  const folder = await deployment.keepLogs(name);
  await writeFile(join(folder, "journal.jsonl"), ops.map((op) => `${JSON.stringify(op)}\n`).join(""));
  await writeFile(join(folder, "history.json"), JSON.stringify(Object.fromEntries(history), undefined, 1));
  return folder;
}
