import type { Entry } from "../../chat/entry.ts";
import { eraseSuperseded } from "../../chat/erase.ts";
import { parseEntry } from "../../chat/parse-entry.ts";
import type { LogTables } from "./log-tables.ts";

/** More letters than a partition ever has. */
const allLetters = 1_000_000;

/** Erases in the room's log, the buffer and the dead letters what an edit or a delete replaced. Returns the change as it stays. */
export function eraseInLog(tables: LogTables, partition: number, change: Entry): Entry {
  const { room, target = 0, seq } = change;
  const found = tables.textsOf(room, target);
  const erased = eraseSuperseded(found);
  for (const [i, entry] of erased.entries()) if (entry !== found[i]) tables.replace(entry);
  for (const letter of tables.deadLetters(partition, allLetters)) {
    const entry = parseEntry(letter.raw);
    if (entry?.room !== room) continue;
    const [now] = eraseSuperseded([entry], erased);
    if (now !== entry) tables.replaceLetter({ ...letter, raw: JSON.stringify(now) });
  }
  return erased.find((entry) => entry.seq === seq) ?? change;
}
