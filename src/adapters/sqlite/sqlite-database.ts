import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { ChatError } from "../../protocol/errors.ts";
import { makePrivateFile, openPrivateFolder } from "./private-folder.ts";
import { integer, text } from "./row.ts";
import { migrations, schemaVersion } from "./schema.ts";

export interface SqliteDatabaseOptions {
  /** The data folder; made where it is missing, see `openPrivateFolder`. */
  readonly dir: string;
  /** Unix ms. Each start begins an epoch, and this is its number where the clock did not go back. */
  readonly now: number;
  /**
   * What survives a power cut. `normal`: a commit is in the hands of the operating system, so it survives the death of the
   * process but perhaps not that of the machine. `full` (default): it is on the disk; each commit waits for it.
   */
  readonly synchronous?: "normal" | "full";
}

/**
 * The one database file of the embedded log and store. A second process can't open it.
 * @throws Error with one line for the operator when the folder can't be used
 */
export class SqliteDatabase {
  /**
   * A new one with each start, because nothing in the file tells whether it is an older copy that was put back. Higher than any before
   * as long as the clock is not set back further than the copy is old.
   */
  readonly epoch: string;
  /** A commit is on the disk, see `synchronous`. */
  readonly onDisk: boolean;
  /** Other users can list the folder or replace its files. They can't read the database. */
  readonly isFolderOpen: boolean;
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor({ dir, now, synchronous = "full" }: SqliteDatabaseOptions) {
    const { db, isFolderOpen } = openFile(dir, synchronous);
    this.#db = db;
    this.isFolderOpen = isFolderOpen;
    this.onDisk = synchronous === "full";
    try {
      this.#migrate(dir);
      this.epoch = this.#beginEpoch(now);
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /** The statement, compiled once. */
  sql(source: string): StatementSync {
    const known = this.#statements.get(source);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(source);
    this.#statements.set(source, statement);
    return statement;
  }

  /** What was first noted under a name: `value` when that is now. */
  meta(name: string, value: string): string {
    this.sql("INSERT OR IGNORE INTO meta (name, value) VALUES (?, ?)").run(name, value);
    return text(this.sql("SELECT value FROM meta WHERE name = ?").get(name), "value");
  }

  /** Does all of `work` or none of it. What fails in SQLite rejects with UNAVAILABLE. */
  transaction<T>(work: () => T): Promise<T> {
    return this.attempt(() => {
      this.#db.exec("BEGIN IMMEDIATE");
      try {
        const result = work();
        this.#db.exec("COMMIT");
        return result;
      } catch (error) {
        if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
        throw error;
      }
    });
  }

  /** Runs synchronous work now and gives its outcome as a promise. What fails in SQLite rejects with UNAVAILABLE. */
  attempt<T>(work: () => T): Promise<T> {
    try {
      return Promise.resolve(work());
    } catch (error) {
      return Promise.reject(
        error instanceof ChatError ? error : new ChatError("UNAVAILABLE", "the data folder fails", { cause: error }),
      );
    }
  }

  /** Idempotent. */
  close(): void {
    if (this.#db.isOpen) this.#db.close();
  }

  #beginEpoch(now: number): string {
    const epoch = String(Math.max(now, Number(this.meta("epoch", "0")) + 1));
    this.sql("UPDATE meta SET value = ? WHERE name = 'epoch'").run(epoch);
    return epoch;
  }

  #migrate(dir: string): void {
    const version = integer(this.sql("PRAGMA user_version").get(), "user_version");
    if (version > schemaVersion) {
      throw new Error(`${dir} was written by a newer weir (schema ${version}, this one knows ${schemaVersion})`);
    }
    if (version === schemaVersion) return;
    this.#db.exec(`BEGIN; ${migrations.slice(version).join("\n")} PRAGMA user_version = ${schemaVersion}; COMMIT`);
  }
}

interface OpenFile {
  readonly db: DatabaseSync;
  readonly isFolderOpen: boolean;
}

function openFile(dir: string, synchronous: "normal" | "full"): OpenFile {
  let db: DatabaseSync | undefined;
  try {
    const { isOpen } = openPrivateFolder(dir);
    const path = join(dir, "weir.db");
    makePrivateFile(path);
    db = new DatabaseSync(path, { timeout: 0 });
    // The exclusive lock is taken with the first access, lasts until the file is closed, and ends with the process.
    db.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`);
    // What is deleted is overwritten, so that an erased text is not left in free pages.
    db.exec("PRAGMA secure_delete = ON; BEGIN IMMEDIATE; COMMIT");
    return { db, isFolderOpen: isOpen };
  } catch (cause) {
    db?.close();
    throw new Error(whyUnusable(cause, dir), { cause });
  }
}

function whyUnusable(cause: unknown, dir: string): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  if (message.includes("locked")) return `${dir} is in use by another process`;
  return `${dir} can't be used: ${message}`;
}
