import type { Entry } from "../../../src/chat/entry.ts";
import { canaryRoom } from "../../../src/chat/room.ts";
import type { Clock } from "../../../src/kernel/clock.ts";
import { ChatError } from "../../../src/protocol/errors.ts";
import type { Refusal, StoreWriter } from "../../../src/write-behind/index.ts";

/** What goes wrong with one write: nothing of it, a part of it, or all of it is stored before the error. */
export type Mishap = "unavailable" | "partial" | "reply-lost" | "ill";

type Placed = Pick<Entry, "room" | "epoch" | "seq">;

/** A store that does as told, and remembers all it was asked for. */
export class ScriptedStore implements StoreWriter {
  readonly stored = new Map<string, string>();
  readonly held = new Set<string>();
  readonly batches: number[] = [];
  readonly expired: { readonly before: number; readonly limit: number; readonly room?: string }[] = [];
  /** The same for the gateways' own room, which is asked for at each sweep. */
  readonly canaryExpired: number[] = [];
  readonly roomNames: string[] = [];
  /** Taken one by one, by the next writes. */
  readonly mishaps: Mishap[] = [];
  /** Ids that it names as refused. */
  readonly refused = new Map<string, Refusal["reason"]>();
  /** Ids for which it rejects the whole batch. */
  readonly poison = new Set<string>();
  /** What it says then. */
  complaint = "refused as a whole";
  /** It takes nothing, placeholders neither. */
  ill = false;
  writeMs = 0;
  expirable = 0;
  mostAtOnce = 0;
  #atOnce = 0;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async write(entries: readonly Entry[]): Promise<Refusal[]> {
    this.batches.push(entries.length);
    this.#atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#atOnce);
    if (this.writeMs > 0) await this.#clock.sleep(this.writeMs);
    this.#atOnce -= 1;
    const mishap = this.mishaps.shift();
    if (mishap === "unavailable") throw new ChatError("UNAVAILABLE", "no connection");
    if (mishap === "ill" || this.ill || entries.some(({ id }) => this.poison.has(id))) throw new Error(this.complaint);
    const refusals = this.#put(mishap === "partial" ? entries.slice(0, entries.length / 2) : entries);
    if (mishap !== undefined) throw new ChatError("UNAVAILABLE", "the answer is lost");
    return refusals;
  }

  async hold(place: Placed): Promise<void> {
    if (this.ill) throw new Error("refused");
    this.held.add(key(place));
  }

  async rooms(after: string, limit: number): Promise<string[]> {
    return this.roomNames.filter((name) => name > after).slice(0, limit);
  }

  async expire(before: number, limit: number, room?: string): Promise<number> {
    if (room === canaryRoom) {
      this.canaryExpired.push(before);
      return 0;
    }
    this.expired.push({ before, limit, ...(room === undefined ? {} : { room }) });
    const deleted = Math.min(limit, this.expirable);
    this.expirable -= deleted;
    return deleted;
  }

  /** Seqs of a room that are stored, ascending. */
  seqs(room: string): number[] {
    const own = [...this.stored.keys()].map((k) => k.split(" ")).filter(([name]) => name === room);
    return own.map(([, seq]) => Number(seq)).sort((a, b) => a - b);
  }

  #put(entries: readonly Entry[]): Refusal[] {
    return entries.flatMap((entry): Refusal[] => {
      const before = this.stored.get(key(entry));
      const reason = before === undefined || before === entry.id ? this.refused.get(entry.id) : "conflict";
      if (reason !== undefined) return [{ entry, reason, detail: "no" }];
      this.stored.set(key(entry), entry.id);
      return [];
    });
  }
}

function key({ room, seq }: Pick<Placed, "room" | "seq">): string {
  return `${room} ${seq}`;
}
