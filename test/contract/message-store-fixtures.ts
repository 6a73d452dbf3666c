import type { Entry } from "../../src/chat/entry.ts";
import { fold } from "../../src/chat/fold.ts";
import type { MessageStore, StoreQuery } from "../../src/write-behind/index.ts";

export interface StoreUnderTest {
  readonly store: MessageStore;
  /** Lets go of everything, the data too. */
  close(): Promise<void>;
}

/** Makes a store that holds nothing. */
export type MakeStore = () => Promise<StoreUnderTest>;

/** Builds the store of one test. */
export type BuildStore = () => Promise<MessageStore>;

const common = { room: "r", epoch: "7", from: { id: "ada", name: "Ada" } } as const;

export function message(seq: number, more: Partial<Entry> = {}): Entry {
  return { ...common, kind: "message", seq, id: `m${seq}`, at: 1_000 + seq, text: `text ${seq}`, ...more };
}

function change(seq: number, target: number, more: Partial<Entry>): Entry {
  return { ...common, kind: "edit", seq, id: `c${seq}`, at: 1_000 + seq, target, ...more };
}

export function edit(seq: number, target: number, text = `edit ${seq}`): Entry {
  return change(seq, target, { text });
}

export function remove(seq: number, target: number): Entry {
  return change(seq, target, { kind: "delete", from: { id: "mod" } });
}

export interface Reaction {
  readonly emoji?: string;
  readonly by?: string;
  readonly on?: boolean;
}

export function react(seq: number, target: number, { emoji = "👍", by = "bob", on = true }: Reaction = {}): Entry {
  return change(seq, target, { kind: "reaction", emoji, on, from: { id: by } });
}

/** All that the store has of a room. */
export function everything(store: MessageStore, room = "r"): Promise<Entry[]> {
  return page(store, {}, room);
}

export function page(store: MessageStore, query: Partial<StoreQuery>, room = "r"): Promise<Entry[]> {
  return store.range(room, { after: 0, limit: 10_000, keep: "oldest", kinds: "all", ...query });
}

export function seqs(entries: readonly Pick<Entry, "seq">[]): number[] {
  return entries.map((entry) => entry.seq);
}

/** What a store must have of these entries, however they came: folded, and no text that was replaced or deleted. */
export function historyOf(entries: readonly Entry[]): Entry[] {
  const ascending = entries.toSorted((a, b) => a.seq - b.seq);
  const folded = fold(ascending, ascending);
  const isErased = (entry: Entry): boolean =>
    entry.kind === "edit" &&
    folded.some(
      ({ seq, edited, deleted }) =>
        seq < entry.seq && seq === entry.target && (deleted !== undefined || (edited?.seq ?? 0) > entry.seq),
    );
  return folded.map((entry) => {
    const { text: _text, ...rest } = entry;
    return isErased(entry) ? rest : entry;
  });
}
