import type { Entry, NewEntry } from "../../chat/entry.ts";
import { foldOne } from "../../chat/fold.ts";
import { parseEntry } from "../../chat/parse-entry.ts";
import type { PartitionKeys } from "./keys.ts";
import type { RedisConnection } from "./redis-connection.ts";
import { textList } from "./reply.ts";

/** An append as the script takes it: the entry, and what it erases. */
export interface PlannedAppend {
  readonly entry: NewEntry;
  /** The arguments of the script from the target on. */
  readonly args: readonly (string | number)[];
}

/** The arguments of an entry that erases nothing. A reaction is noted, so that it is found by its message. */
export function argsWithoutErasure({ kind, target }: NewEntry): readonly (string | number)[] {
  return ["", "", kind === "reaction" && target !== undefined ? `~${target}` : "", 0];
}

/** A seq and a time that no entry has: they mark where the script puts those of the change. */
const placeholder = { epoch: "0", seq: Number.MAX_SAFE_INTEGER, at: 0 } as const;

/**
 * Plans what an edit or a delete erases, from the texts that the log has now. The script refuses the plan where another change
 * came first.
 */
export async function planChange(
  connection: RedisConnection,
  keys: PartitionKeys,
  entry: NewEntry,
): Promise<PlannedAppend> {
  const { room, target = 0 } = entry;
  const [state = "", message = "", edit = ""] = textList(
    await connection.run("readTexts", [keys.log(room), keys.erased(room), keys.changes(room)], [target]),
  );
  const isDeleted = !state.endsWith("/");
  const erased = [...eraseMessage(message, entry), ...eraseEdit(edit)];
  return {
    entry: isDeleted && entry.kind === "edit" ? withoutText(entry) : entry,
    args: [target, state, noteFor(entry, isDeleted), erased.length, ...erased.flat()],
  };
}

function noteFor({ kind, target }: NewEntry, isDeleted: boolean): string {
  if (isDeleted) return "";
  return kind === "delete" ? `-${target}` : String(target);
}

/** Seq, buffer id, JSON up to the place of the change, and the rest after it. */
type Erased = readonly [seq: number, bufferId: string, head: string, tail: string];

/** The message with the change folded in: the script puts the place of the change between the two parts of its JSON. */
function eraseMessage(found: string, change: NewEntry): Erased[] {
  const { bufferId, entry } = read(found);
  if (entry === undefined) return [];
  const folded = foldOne(entry, { ...change, ...placeholder });
  if (folded === entry) return [];
  const { edited, deleted, ...rest } = folded;
  const start = JSON.stringify(rest).slice(0, -1);
  if (deleted === undefined)
    return edited === undefined ? [] : [[entry.seq, bufferId, `${start},"edited":{"seq":`, "}}"]];
  return [[entry.seq, bufferId, `${start},"deleted":{"seq":`, `,"by":${JSON.stringify(deleted.by)}}}`]];
}

function eraseEdit(found: string): Erased[] {
  const { bufferId, entry } = read(found);
  return entry === undefined ? [] : [[entry.seq, bufferId, JSON.stringify(withoutText(entry)), ""]];
}

function read(found: string): { readonly bufferId: string; readonly entry: Entry | undefined } {
  const end = found.indexOf("|");
  return { bufferId: found.slice(0, Math.max(0, end)), entry: parseEntry(found.slice(end + 1)) };
}

function withoutText<E extends NewEntry>({ text: _text, ...rest }: E): Omit<E, "text"> {
  return rest;
}
