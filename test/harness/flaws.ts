import { fileURLToPath } from "node:url";

/** Bugs that a flusher of tests can have. */
export type Flaw = "none" | "trim-before-write" | "ignore-duplicates" | "no-fence";

/** The entry that runs a flusher with a flaw; see `FlawSettings` for how it is told. */
export const flawedFlusher = fileURLToPath(new URL("flawed-flusher.ts", import.meta.url));

/** What the flawed flusher reads from its environment. */
export interface FlawSettings {
  readonly FLAW: Flaw;
  /** File to which it appends a line for each trim that went through. */
  readonly TRIM_JOURNAL?: string;
  /** The first process to come to its trim of this number stops itself (SIGSTOP) right before it; see `stoppedPidFile`. */
  readonly STOP_BEFORE_TRIM?: string;
}

/** Where the process that stopped itself left its id. */
export function stoppedPidFile(trimJournal: string): string {
  return `${trimJournal}.stopped`;
}

/** A trim that went through, in the name of which term. */
export interface TrimRecord {
  readonly pid: number;
  readonly partition: number;
  readonly token: number;
  readonly upTo: string;
}

/** The lines of a trim journal. */
export function readTrims(journal: string): TrimRecord[] {
  const lines = journal.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as unknown).filter(isTrimRecord);
}

function isTrimRecord(value: unknown): value is TrimRecord {
  return typeof value === "object" && value !== null && "partition" in value && "token" in value;
}
