import { toEntry } from "../../src/adapters/mongodb/message-document.ts";
import { MongoConnection } from "../../src/adapters/mongodb/mongo-client.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { type Recorded, recordedOf } from "./checker-journal.ts";

/** Audits read whole rooms at once, on servers that scan. */
const auditTimeoutMs = 60_000;

/** All that is stored in a database, by room, read with one query: some servers of tests scan everything for each. */
export async function storedHistory(url: string): Promise<Map<string, Recorded[]>> {
  const connection = new MongoConnection({ url, clock: systemClock, readTimeoutMs: auditTimeoutMs });
  const documents = await connection.read((messages) => messages.find({}).sort({ _id: 1 }).toArray());
  await connection.close();
  const history = new Map<string, Recorded[]>();
  for (const document of documents) {
    const entry = toEntry(document);
    if (entry === undefined) continue;
    const entries = history.get(entry.room) ?? [];
    history.set(entry.room, entries);
    entries.push(recordedOf(entry));
  }
  return history;
}

/** Deletes all that is stored in a database of a test. */
export async function forgetHistory(url: string): Promise<void> {
  const connection = new MongoConnection({ url, clock: systemClock, writeTimeoutMs: auditTimeoutMs });
  await connection.write((messages) => messages.deleteMany({}));
  await connection.close();
}
