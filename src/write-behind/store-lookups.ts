import type { CloseLost, HighestStored, StoredAfter } from "./message-log.ts";
import type { StoreCloser, StoreReader } from "./message-store.ts";

export interface StoreLookups {
  readonly highestStored: HighestStored;
  readonly storedAfter: StoredAfter;
  readonly closeLost: CloseLost;
}

/** What a log asks of the store. Retries of edits, deletes and reactions are recalled too, so every kind is read. */
export function storeLookups(store: StoreReader & StoreCloser): StoreLookups {
  return {
    highestStored: (room) => store.highest(room),
    storedAfter: (room, after, limit) => store.range(room, { after, limit, keep: "newest", kinds: "all" }),
    closeLost: (places) => store.closeLost(places),
  };
}
