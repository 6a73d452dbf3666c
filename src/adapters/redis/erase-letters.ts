import type { Entry } from "../../chat/entry.ts";
import { eraseSuperseded } from "../../chat/erase.ts";
import { parseEntry } from "../../chat/parse-entry.ts";
import type { PartitionKeys } from "./keys.ts";
import type { RedisConnection } from "./redis-connection.ts";
import { streamItems } from "./reply.ts";

/** Letters read at a time: the largest have some 40 kB each. */
const lettersAtOnce = 100;

/** Erases in the dead letters of a partition what an edit or a delete replaced. Without letters it costs one look. */
export async function eraseLetters(connection: RedisConnection, keys: PartitionKeys, change: Entry): Promise<void> {
  for (let start = "-"; ; ) {
    const from = start;
    const letters = streamItems(
      await connection.command((client) => client.xrange(keys.dead, from, "+", "COUNT", lettersAtOnce)),
    );
    for (const { id, fields } of letters) {
      const raw = revised(fields.get("raw") ?? "", change);
      if (raw !== undefined) await connection.run("reviseLetter", [keys.dead, keys.buried], [id, raw]);
    }
    const last = letters.at(-1);
    if (last === undefined || letters.length < lettersAtOnce) return;
    start = `(${last.id}`;
  }
}

/** The bytes of a letter without what the change replaced; undefined where it replaced nothing in it. */
function revised(raw: string, change: Entry): string | undefined {
  const entry = parseEntry(raw);
  if (entry === undefined || entry.room !== change.room) return undefined;
  const [erased] = eraseSuperseded([entry], [change]);
  return erased === entry ? undefined : JSON.stringify(erased);
}
