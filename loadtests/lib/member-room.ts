import type { CountedEntry, Ledger, Membership } from "./accounting.ts";
import { comeBackAfter } from "./backoff.ts";
import type { Place } from "./holes.ts";
import type { Meter } from "./meter.ts";
import { entriesIn, type Fields, isPlace, type Outcome } from "./wire.ts";
import { pause, type World } from "./world.ts";

export interface MemberRoomParts {
  readonly world: World;
  readonly ledger: Ledger;
  readonly meter: Meter;
  /** Of the member. */
  readonly name: string;
  readonly room: string;
  /** Says to the server with a first receipt that it confirms what it gets, and then does so only when it joins again. */
  readonly lags?: boolean;
  readonly ask: (event: string, payload: object) => Promise<Outcome>;
  readonly tell: (event: string, payload: object) => void;
  readonly isOnline: () => boolean;
}

const page = 200;

/** One room of a member: in order and complete, or on the way to it. */
export class MemberRoom {
  readonly #parts: MemberRoomParts;
  readonly #who: Membership;
  #isJoined = false;
  #joining = false;
  #again = false;
  /** Raised by each loss of the connection: what was asked on an old one is void. */
  #life = 0;
  /** What is pushed before the answer to the join is here. */
  #early: CountedEntry[] = [];
  #firstOwn = Number.POSITIVE_INFINITY;
  #lastOwn = 0;

  constructor(parts: MemberRoomParts) {
    this.#parts = parts;
    this.#who = { member: parts.name, room: parts.room };
  }

  get isJoined(): boolean {
    return this.#isJoined;
  }

  /** In, and nothing is being asked for. */
  get isIn(): boolean {
    return this.#isJoined && !this.#joining;
  }

  /** A message of this member got this seq. */
  own(seq: number): void {
    this.#firstOwn = Math.min(this.#firstOwn, seq);
    this.#lastOwn = Math.max(this.#lastOwn, seq);
  }

  offline(): void {
    this.#life += 1;
    this.#isJoined = false;
    this.#joining = false;
    this.#early = [];
    this.#parts.ledger.left(this.#who);
  }

  /** Joins, or asks for what it may have missed; once more if it is called meanwhile. */
  async join(): Promise<void> {
    this.#again = true;
    if (this.#joining) return;
    this.#joining = true;
    const life = this.#life;
    for (let failures = 0; this.#again && life === this.#life && this.#parts.isOnline(); ) {
      this.#again = false;
      const outcome = await this.#ask();
      if (life !== this.#life) return;
      if (outcome.kind === "ok") this.#joined(outcome.answer);
      else await this.#failed(outcome, failures++);
    }
    if (life === this.#life) this.#joining = false;
  }

  pushed(list: unknown): void {
    const entries = entriesIn(list);
    if (!this.#isJoined) this.#early.push(...entries);
    else this.#count(entries);
  }

  /** Reads what this member sent back from the history. Resolves with whether it could. @param isIn waits for the room */
  async readBack(isIn: () => Promise<boolean>): Promise<boolean> {
    const { ledger, room, world } = this.#parts;
    let after = this.#firstOwn - 1;
    for (let failures = 0; after < this.#lastOwn && (await isIn()); ) {
      const outcome = await this.#parts.ask("history:get", { room, after, limit: page });
      if (outcome.kind === "ok") {
        const entries = entriesIn(outcome.answer["entries"]);
        ledger.stored(room, entries);
        after = outcome.answer["more"] === true ? (entries[entries.length - 1]?.seq ?? this.#lastOwn) : this.#lastOwn;
      } else if (failures >= 20) {
        return false;
      } else {
        await pause(world, pauseAfter(outcome, failures++, world.random()));
      }
    }
    return after >= this.#lastOwn || this.#lastOwn === 0;
  }

  #ask(): Promise<Outcome> {
    const { ask, room, ledger } = this.#parts;
    const after = ledger.placeOf(this.#who);
    return ask("room:join", after === undefined ? { room, limit: 1 } : { room, after: bare(after), limit: page });
  }

  #joined(answer: Fields): void {
    const { ledger, room, tell, lags } = this.#parts;
    const head = answer["head"];
    if (!isPlace(head)) throw new Error("no head");
    const more = answer["more"] === true;
    const entries = entriesIn(answer["entries"]);
    if (ledger.placeOf(this.#who) === undefined) ledger.joined(this.#who, head);
    else ledger.caughtUp(this.#who, { head, entries, more, gap: answer["gap"] === true });
    this.#isJoined = true;
    this.#again ||= more;
    this.#count(this.#early.splice(0));
    if (lags === true) tell("receipt", { room, seq: ledger.placeOf(this.#who)?.seq ?? 0 });
  }

  async #failed(outcome: Outcome, failures: number): Promise<void> {
    const { world } = this.#parts;
    this.#again = true;
    await pause(world, pauseAfter(outcome, failures, world.random()));
  }

  #count(entries: readonly CountedEntry[]): void {
    const { ledger, meter, world } = this.#parts;
    const now = world.now();
    for (const entry of entries) {
      const ms = ledger.delivered(this.#who, entry, now);
      if (ms !== undefined) meter("chat_delivery_duration", ms);
    }
    const last = entries[entries.length - 1];
    const place = ledger.placeOf(this.#who);
    if (last !== undefined && place !== undefined && place.seq < last.seq) void this.join();
  }
}

function pauseAfter(outcome: Outcome, failures: number, random: number): number {
  const told = outcome.kind === "refused" ? outcome.refusal.retryAfterMs : undefined;
  return told ?? comeBackAfter(failures, random) / 4;
}

function bare({ epoch, seq }: Place): Place {
  return { epoch, seq };
}
