import type { Position } from "../chat/position.ts";
import { isRoomName } from "../chat/room.ts";
import { ChatError } from "../protocol/errors.ts";
import type { Answers, JoinAnswer } from "../protocol/messages.ts";
import type { ClientClock } from "./client-clock.ts";
import { ConnectionLost } from "./connection-lost.ts";
import { firstPace, nextPace } from "./join-pace.ts";
import type { RoomLink } from "./membership.ts";
import { readError } from "./wire-guards.ts";

export interface JoinQuery {
  readonly after?: Position;
  readonly limit: number;
}

/** One room that wants to be joined, or to know what it missed. */
export interface Asking {
  readonly room: string;
  readonly query: JoinQuery;
  /** The highest goes first; above 0 not in one request with others. */
  readonly priority: () => number;
  /** False once the room was left. */
  readonly wanted: () => boolean;
  /** Receives an answer that came after the request had timed out. */
  readonly onLate: (answer: JoinAnswer) => void;
}

interface Waiting extends Asking {
  readonly resolve: (answer: JoinAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/** The joins of one client: one request at a time, each for as many rooms as wait and fit. */
export class JoinQueue {
  readonly #request: RoomLink["request"];
  readonly #clock: ClientClock;
  #waiting: Waiting[] = [];
  #pumping = false;
  #pace = firstPace;
  /** False while the gateway at the other end does not know `rooms:join`. */
  #together = true;
  /** Rooms whose entries did not fit into an answer with others. */
  readonly #alone = new Set<string>();

  constructor(request: RoomLink["request"], clock: ClientClock) {
    this.#request = request;
    this.#clock = clock;
  }

  /** Entries that one room should ask for at a time. */
  get page(): number {
    return this.#pace.page;
  }

  /** There is a new connection, perhaps to another gateway. */
  reconnected(): void {
    this.#together = true;
  }

  ask(asking: Asking): Promise<JoinAnswer> {
    if (!isRoomName(asking.room)) return Promise.reject(new ChatError("BAD_REQUEST", "this is no name of a room"));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...asking, resolve, reject });
      if (!this.#pumping) void this.#pump();
    });
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    // Rooms that are asked for in the same moment go out together.
    await Promise.resolve();
    for (let next = this.#next(); next.length > 0; next = this.#next()) await this.#send(next);
    this.#pumping = false;
  }

  #next(): Waiting[] {
    const unwanted = this.#waiting.filter(({ wanted }) => !wanted());
    this.#waiting = this.#waiting.filter(({ wanted }) => wanted());
    for (const { reject } of unwanted) reject(new ChatError("NOT_IN_ROOM", "the room was left"));
    const next = this.#choose();
    this.#waiting = this.#waiting.filter((waiting) => !next.includes(waiting));
    return next;
  }

  #choose(): Waiting[] {
    const sorted = this.#waiting.toSorted((a, b) => b.priority() - a.priority());
    const urgent = sorted.filter(({ priority }) => priority() > 0);
    const first = urgent.length > 0 ? urgent : sorted;
    if (!this.#together || this.#alone.has(first[0]?.room ?? "")) return first.slice(0, 1);
    return first.filter(({ room }) => !this.#alone.has(room)).slice(0, this.#pace.rooms);
  }

  async #send(next: readonly Waiting[]): Promise<void> {
    const [first] = next;
    const sentAt = this.#clock.monotonic();
    try {
      if (next.length > 1) await this.#joinTogether(next);
      else if (first !== undefined) await this.#joinOne(first);
      this.#pace = nextPace(this.#pace, this.#clock.monotonic() - sentAt);
    } catch (error) {
      this.#failed(next, error);
    }
  }

  async #joinOne({ room, query, onLate, resolve }: Waiting): Promise<void> {
    this.#alone.delete(room);
    resolve(await this.#request("room:join", { room, ...query }, onLate));
  }

  async #joinTogether(next: readonly Waiting[]): Promise<void> {
    const rooms = next.map(({ room, query }) => ({ room, ...query }));
    const onLate = (answer: Answers["rooms:join"]): void => {
      for (const waiting of next) settle(answer, { ...waiting, resolve: waiting.onLate, reject: () => undefined });
    };
    const answer = await this.#request("rooms:join", { rooms }, onLate);
    for (const found of answer.rooms) if (found.ok && isWithheld(found)) this.#alone.add(found.room);
    for (const waiting of next) settle(answer, waiting);
  }

  #failed(next: readonly Waiting[], error: unknown): void {
    const code = error instanceof ChatError ? error.code : undefined;
    if (code === "TIMEOUT" || error instanceof ConnectionLost) this.#pace = nextPace(this.#pace, undefined);
    if (code === "BAD_REQUEST" && next.length > 1) {
      this.#together = false;
      this.#waiting = [...next, ...this.#waiting];
    } else for (const { reject } of next) reject(error);
  }
}

/** Whether the entries did not fit into the answer: the room is joined, and asked again for what came after. */
export function isWithheld({ entries, more }: JoinAnswer): boolean {
  return more === true && entries.length === 0;
}

function settle({ rooms }: Answers["rooms:join"], { room, resolve, reject }: Waiting): void {
  const found = rooms.find((answer) => answer.room === room);
  if (found?.ok === true) resolve(found);
  else reject(readError(found?.error) ?? new ChatError("INTERNAL", "the answer has nothing about the room"));
}
