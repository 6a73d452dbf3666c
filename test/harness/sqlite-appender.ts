import { writeSync } from "node:fs";
import { SqliteDatabase } from "../../src/adapters/sqlite/sqlite-database.ts";
import { SqliteMessageLog } from "../../src/adapters/sqlite/sqlite-message-log.ts";
import { systemClock } from "../../src/kernel/clock.ts";

/*
 * A process that appends to the log in a data folder until it is killed, and prints one line for each acknowledgement:
 * the seq and the id. Usage: sqlite-appender.ts FOLDER.
 */

const [, , dir = ""] = process.argv;
const log = new SqliteMessageLog({
  database: new SqliteDatabase({ dir, now: Date.now() }),
  partitions: 4,
  highWatermark: 1_000_000,
  tail: 500,
  highestStored: () => Promise.resolve(0),
  clock: systemClock,
});

async function appendForever(sender: string): Promise<never> {
  for (let i = 1; ; i++) {
    const id = `${sender}-${i}`;
    const { seq } = await log.append({ kind: "message", room: "r", id, from: { id: sender }, text: `text of ${id}` });
    writeSync(1, `${seq} ${id}\n`);
  }
}

await Promise.all(["a", "b", "c", "d"].map(appendForever));
