import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { migrations } from "../../src/adapters/sqlite/schema.ts";
import { SqliteDatabase } from "../../src/adapters/sqlite/sqlite-database.ts";
import { SqliteMessageLog } from "../../src/adapters/sqlite/sqlite-message-log.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { developmentSecret } from "../../src/roles/development-secret.ts";
import { until } from "../harness/until.ts";

const appender = fileURLToPath(new URL("../harness/sqlite-appender.ts", import.meta.url));

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "weir-data-"));
  onTestFinished(() => rm(dir, { recursive: true }));
  return dir;
}

function open(dir: string): SqliteDatabase {
  const database = new SqliteDatabase({ dir, now: Date.now() });
  onTestFinished(() => database.close());
  return database;
}

function openLog(dir: string): SqliteMessageLog {
  return new SqliteMessageLog({
    database: open(dir),
    partitions: 4,
    highWatermark: 1_000_000,
    tail: 500,
    highestStored: () => Promise.resolve(0),
    clock: systemClock,
  });
}

/** Another process that appends to the folder's log. */
function startAppender(dir: string): { readonly acks: () => string[]; readonly kill: () => Promise<void> } {
  const child = spawn(process.execPath, [appender, dir], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk) => (output += String(chunk)));
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, "close");
    child.kill("SIGKILL");
    await closed;
  };
  onTestFinished(kill);
  return { acks: () => output.split("\n").slice(0, -1), kill };
}

test("everything that was acknowledged is there after the process was killed", async () => {
  const dir = await folder();
  const child = startAppender(dir);
  await until(() => child.acks().length > 5_000, { within: 30_000 });
  await child.kill();
  const log = openLog(dir);
  const kept = await log.range("r", { after: 0, limit: 1_000_000 });
  expect(kept.map(({ seq }) => seq)).toEqual(kept.map((_, i) => i + 1));
  const places = new Set(kept.map(({ seq, id }) => `${seq} ${id}`));
  expect(child.acks().filter((ack) => !places.has(ack))).toEqual([]);
});

test("a second process is told in one line that the folder is in use", async () => {
  const dir = await folder();
  const child = startAppender(dir);
  await until(() => child.acks().length > 0, { within: 30_000 });
  expect(() => open(dir)).toThrow(`${dir} is in use by another process`);
  await child.kill();
  expect(() => open(dir)).not.toThrow();
});

test("the folder is in use from the first moment on, also while nothing is written", async () => {
  const dir = await folder();
  const first = open(dir);
  expect(() => open(dir)).toThrow(`${dir} is in use by another process`);
  first.close();
  expect(() => open(dir)).not.toThrow();
});

test("a file of the first version is brought up to date, and its remembered sends are still answered", async () => {
  const dir = await folder();
  const file = new DatabaseSync(join(dir, "weir.db"));
  file.exec(`${migrations[0]} PRAGMA user_version = 1`);
  file.exec("INSERT INTO log_room VALUES ('r', 1, 7, 0); INSERT INTO log_sent VALUES ('r', 'ada', 'old', 1, 7)");
  file.close();
  const log = openLog(dir);
  const old = { kind: "message", room: "r", id: "old", from: { id: "ada" }, text: "hello" } as const;
  expect(await log.append(old)).toMatchObject({ seq: 1, at: 7, duplicate: true });
  expect(await log.append({ ...old, id: "new" })).toMatchObject({ seq: 2 });
  await expect(log.append({ ...old, id: "new", text: "other" })).rejects.toMatchObject({ code: "CONFLICT" });
});

test("a file of a newer program is refused in one line and left as it is", async () => {
  const dir = await folder();
  open(dir).close();
  const file = new DatabaseSync(join(dir, "weir.db"));
  file.exec("PRAGMA user_version = 99");
  file.close();
  expect(() => open(dir)).toThrow(/was written by a newer weir \(schema 99, this one knows \d+\)$/);
});

test("a folder that can't be made is refused in one line", () => {
  expect(() => new SqliteDatabase({ dir: "/dev/null/data", now: 1 })).toThrow(/^\/dev\/null\/data can't be used: /);
});

describe("the rights of other users", () => {
  const rightsOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);
  const rightsIn = (dir: string): string[] => readdirSync(dir).map((name) => `${name} ${rightsOf(join(dir, name))}`);

  /** Opens the database in a process in which files and folders are open to all unless they say otherwise. */
  async function openToAll(dir: string): Promise<SqliteDatabase> {
    const before = process.umask(0);
    try {
      developmentSecret(dir);
      const database = open(dir);
      await database.transaction(() => database.meta("name", "value"));
      return database;
    } finally {
      process.umask(before);
    }
  }

  test("are none in a data folder that is made: the database, the files beside it and the secret are their owner's", async () => {
    const dir = join(await folder(), "made", "data");
    const database = await openToAll(dir);
    expect(database.isFolderOpen).toBe(false);
    expect([rightsOf(dir), rightsOf(dirname(dir))]).toEqual(["700", "700"]);
    expect(rightsIn(dir)).toEqual(["jwt-secret 600", "weir.db 600", "weir.db-wal 600"]);
  });

  test("are taken away from a folder and files of an older version", async () => {
    const dir = await folder();
    open(dir).close();
    writeFileSync(join(dir, "jwt-secret"), "secret");
    for (const path of [dir, join(dir, "weir.db"), join(dir, "jwt-secret")]) chmodSync(path, 0o755);
    const database = await openToAll(dir);
    expect(database.isFolderOpen).toBe(false);
    expect(rightsOf(dir)).toBe("700");
    expect(rightsIn(dir)).toEqual(["jwt-secret 600", "weir.db 600", "weir.db-wal 600"]);
  });

  test("stay on a folder that holds other things, which is told, and are none on what Weir writes there", async () => {
    const dir = await folder();
    writeFileSync(join(dir, "notes.txt"), "", { mode: 0o644 });
    chmodSync(dir, 0o755);
    const database = await openToAll(dir);
    expect(database.isFolderOpen).toBe(true);
    expect(rightsOf(dir)).toBe("755");
    expect(rightsIn(dir)).toEqual(["jwt-secret 600", "notes.txt 644", "weir.db 600", "weir.db-wal 600"]);
  });
});
