import { fileURLToPath } from "node:url";
import type { Entry } from "../../src/chat/entry.ts";
import type { Broadcaster } from "../../src/gateway/ports.ts";
import type { MessageStore } from "../../src/write-behind/index.ts";

/** Bugs that an all-in-one of tests can have. */
export type OutletFlaw = "none" | "drop" | "repeat" | "swap" | "forget";

/** The entry that runs an all-in-one with the flaw that FLAW names. */
export const flawedAllInOne = fileURLToPath(new URL("flawed-all-in-one.ts", import.meta.url));

/** Every entry with such a seq meets the flaw: often, so that a short run has some. */
const isHit = ({ seq }: Entry): boolean => seq % 7 === 3;

/** What members get instead of these entries, and what is kept back for the next time. */
type Spoil = (entries: readonly Entry[]) => { readonly out: readonly Entry[]; readonly kept: readonly Entry[] };

const spoils: Readonly<Partial<Record<OutletFlaw, Spoil>>> = {
  drop: (entries) => ({ out: entries.filter((entry) => !isHit(entry)), kept: [] }),
  repeat: (entries) => ({ out: entries.flatMap((entry) => (isHit(entry) ? [entry, entry] : [entry])), kept: [] }),
  swap: (entries) => {
    const at = entries.findIndex(isHit);
    const [hit, next] = [entries[at], entries[at + 1]];
    if (hit === undefined) return { out: entries, kept: [] };
    if (next === undefined) return { out: entries.slice(0, at), kept: [hit] };
    return { out: [...entries.slice(0, at), next, hit, ...entries.slice(at + 2)], kept: [] };
  },
};

/** The way out to the members, with a bug in it; all else is as it is. */
export function spoilOutlet(outlet: Broadcaster, flaw: OutletFlaw): Broadcaster {
  const spoil = spoils[flaw];
  if (spoil === undefined) return outlet;
  const kept = new Map<string, readonly Entry[]>();
  return {
    local: (room, event, payload) => {
      if (!("entries" in payload)) return outlet.local(room, event, payload);
      const before = kept.get(room) ?? [];
      // What was kept back last time comes right after the first of these.
      const spoilt = before.length > 0 ? { out: after(payload.entries, before), kept: [] } : spoil(payload.entries);
      kept.set(room, spoilt.kept);
      if (spoilt.out.length > 0) outlet.local(room, event, { ...payload, entries: spoilt.out });
    },
    everywhere: (...broadcast) => outlet.everywhere(...broadcast),
  };
}

function after([first, ...rest]: readonly Entry[], late: readonly Entry[]): readonly Entry[] {
  return first === undefined ? late : [first, ...late, ...rest];
}

/** A store that says that it has everything, and has not. */
export function spoilStore(store: MessageStore, flaw: OutletFlaw): MessageStore {
  if (flaw !== "forget") return store;
  return {
    write: (entries) => store.write(entries.filter((entry) => !isHit(entry))),
    hold: (place) => store.hold(place),
    closeLost: (places) => store.closeLost(places),
    expire: (before, limit, room) => store.expire(before, limit, room),
    rooms: (from, limit) => store.rooms(from, limit),
    range: (room, query) => store.range(room, query),
    highest: (room) => store.highest(room),
  };
}
