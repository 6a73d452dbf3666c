import { ChatError } from "../../protocol/errors.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";

/** What became of one piece of work: its result, or why it was refused. */
type Outcome<Result> = { readonly result: Result } | { readonly refused: ChatError };

interface Waiting<Work, Result> {
  readonly work: Work;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

export interface GroupCommitSteps<Work, Result> {
  /** Does one piece within the transaction. A ChatError, thrown before its first write, refuses this piece only. */
  apply(work: Work): Result;
  /** The transaction is on record: called for each piece that was done, in order, before its promise resolves. */
  committed(work: Work, result: Result): void;
  /** The transaction failed and left nothing behind. */
  rolledBack(): void;
}

/**
 * Puts all work that comes within one turn of the event loop into one transaction, in the order it came: a commit costs as much as
 * a few entries do.
 */
export class GroupCommit<Work, Result> {
  readonly #database: SqliteDatabase;
  readonly #steps: GroupCommitSteps<Work, Result>;
  #waiting: Waiting<Work, Result>[] = [];

  constructor(database: SqliteDatabase, steps: GroupCommitSteps<Work, Result>) {
    this.#database = database;
    this.#steps = steps;
  }

  submit(work: Work): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ work, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => void this.#commit());
    });
  }

  async #commit(): Promise<void> {
    const group = this.#waiting;
    this.#waiting = [];
    try {
      const outcomes = await this.#database.transaction(() => group.map(({ work }) => this.#apply(work)));
      for (const [i, waiting] of group.entries()) this.#settle(waiting, outcomes[i]);
    } catch (error) {
      this.#steps.rolledBack();
      for (const { reject } of group) reject(error);
    }
  }

  #apply(work: Work): Outcome<Result> {
    try {
      return { result: this.#steps.apply(work) };
    } catch (error) {
      if (error instanceof ChatError) return { refused: error };
      throw error;
    }
  }

  #settle(waiting: Waiting<Work, Result>, outcome: Outcome<Result> | undefined): void {
    if (outcome === undefined || "refused" in outcome) return waiting.reject(outcome?.refused);
    this.#steps.committed(waiting.work, outcome.result);
    waiting.resolve(outcome.result);
  }
}
