import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { SqliteDatabase } from "../../src/adapters/sqlite/sqlite-database.ts";
import { SqliteMessageStore } from "../../src/adapters/sqlite/sqlite-message-store.ts";
import { messageStoreContract } from "./message-store.contract.ts";
import { edit, everything, historyOf, message, react } from "./message-store-fixtures.ts";

async function folder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "weir-store-"));
}

messageStoreContract("the store in SQLite", async () => {
  const dir = await folder();
  const database = new SqliteDatabase({ dir, now: Date.now() });
  return {
    store: new SqliteMessageStore(database),
    close: () => {
      database.close();
      return rm(dir, { recursive: true });
    },
  };
});

test("a history is still there when the file is closed and opened again", async () => {
  const dir = await folder();
  onTestFinished(() => rm(dir, { recursive: true }));
  const entries = [message(1), edit(2, 1), react(3, 1)];
  const before = new SqliteDatabase({ dir, now: 1 });
  await new SqliteMessageStore(before).write(entries);
  before.close();
  const after = new SqliteDatabase({ dir, now: 2 });
  onTestFinished(() => after.close());
  expect(await everything(new SqliteMessageStore(after))).toEqual(historyOf(entries));
});

test("a store whose file is closed rejects as unavailable", async () => {
  const dir = await folder();
  onTestFinished(() => rm(dir, { recursive: true }));
  const database = new SqliteDatabase({ dir, now: 1 });
  database.close();
  const store = new SqliteMessageStore(database);
  await expect(store.write([message(1)])).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await expect(everything(store)).rejects.toMatchObject({ code: "UNAVAILABLE" });
});
