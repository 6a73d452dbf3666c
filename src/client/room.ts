import type { Position } from "../chat/position.ts";
import { ChatError } from "../protocol/errors.ts";
import type { AppendAnswer, HistoryAnswer, RoomPolicy } from "../protocol/messages.ts";
import type { Requests } from "../protocol/schemas.ts";
import { AppendError } from "./append-error.ts";
import { Emitter } from "./emitter.ts";
import type { Member, Membership } from "./membership.ts";
import { newId } from "./new-id.ts";
import type { Append, Pending } from "./outbox.ts";
import type { RoomEvents, RoomState } from "./room-events.ts";

export interface JoinOptions {
  /** Where the user was last time: entries after it are delivered, or a gap is declared. Without it: the newest. */
  readonly after?: Position;
  /** How many of the newest to begin with. Default 50. */
  readonly limit?: number;
  /** How long an append may wait for its answer, ms. Default 2 min. The server knows an id again for 10 min at least. */
  readonly deadlineMs?: number;
  /** Rooms above 0 come back first after a loss, the highest before the others. Default 0. */
  readonly priority?: number;
}

/** Options of a message. `id` is its name forever: sending the same id again stores nothing twice. */
export type SendOptions = Partial<Omit<Requests["message:send"], "room" | "text">>;

/**
 * A handle of one room: entries in order without holes, appends that end in an answer. Each `join` makes one, with
 * listeners and appends of its own; the membership that they share ends when the last of them leaves.
 */
export class Room {
  readonly name: string;
  /** Rooms above 0 come back first after a loss, the highest before the others: set it for what is on screen. */
  priority: number;
  readonly #membership: Membership;
  readonly #member: Member;
  readonly #events = new Emitter<RoomEvents>();
  readonly #deadlineMs: number;
  /** Set once this handle has left. */
  #left: RoomState | undefined;

  constructor(membership: Membership, { deadlineMs = 120_000, priority = 0 }: JoinOptions) {
    this.name = membership.name;
    this.priority = priority;
    this.#membership = membership;
    this.#deadlineMs = deadlineMs;
    this.#member = this.#makeMember();
    membership.add(this.#member);
  }

  get state(): RoomState {
    return this.#left ?? this.#membership.state;
  }

  /** The last position that was delivered: remember it to come back to exactly there. */
  get position(): Position | undefined {
    return this.#membership.position;
  }

  /** Every entry up to this seq is known to be in the store. */
  get storedSeq(): number {
    return this.#membership.storedSeq;
  }

  /** What holds in the room, as the server said last; undefined before the first join. */
  get policy(): RoomPolicy | undefined {
    return this.#membership.policy;
  }

  /** Appends of this handle without an answer, oldest first. */
  get pending(): readonly Pending[] {
    return this.#membership.pendingOf(this.#member);
  }

  on<K extends keyof RoomEvents>(event: K, listener: (value: RoomEvents[K]) => void): () => void {
    return this.#events.on(event, listener);
  }

  /** Resolves with the place of the message. Rejects with an AppendError, which says whether it may be stored. */
  send(text: string, options: SendOptions = {}): Promise<AppendAnswer> {
    return this.#append({ name: "message:send", payload: { id: newId(), ...options, room: this.name, text } });
  }

  edit(target: number, text: string): Promise<AppendAnswer> {
    return this.#append({ name: "message:edit", payload: { room: this.name, id: newId(), target, text } });
  }

  delete(target: number): Promise<AppendAnswer> {
    return this.#append({ name: "message:delete", payload: { room: this.name, id: newId(), target } });
  }

  react(target: number, emoji: string, on: boolean): Promise<AppendAnswer> {
    return this.#append({ name: "message:react", payload: { room: this.name, id: newId(), target, emoji, on } });
  }

  /** One page of messages, oldest first, with later edits, deletes and reactions folded in. Fails while offline. */
  history(query: Omit<Requests["history:get"], "room"> = {}): Promise<HistoryAnswer> {
    return this.#membership.history(query);
  }

  /** Call it at each key stroke with true, and with false when the text is sent or empty. Nothing where the room does not show it. */
  typing(on: boolean): void {
    if (this.#left === undefined) this.#membership.typing(on);
  }

  /**
   * Ends this handle, and the membership if it is the last. What never went out is rejected with NOT_IN_ROOM; the answer
   * to what is on its way is waited for.
   */
  leave(): void {
    if (this.#left !== undefined || this.#membership.state.status === "out") return;
    this.#left = { status: "out", reason: "left" };
    this.#membership.remove(this.#member);
    this.#events.emit("state", this.#left);
  }

  #append(append: Append): Promise<AppendAnswer> {
    if (this.#left === undefined) return this.#membership.append(this.#member, append, this.#deadlineMs);
    const { id } = append.payload;
    const error = new ChatError("NOT_IN_ROOM", "the room is over: left");
    return Promise.reject(new AppendError(error.code, error.message, { id, outcome: "not-stored" }));
  }

  #makeMember(): Member {
    const priority = (): number => this.priority;
    return {
      get priority() {
        return priority();
      },
      emit: (event, value) => this.#events.emit(event, value),
    };
  }
}
