import type { Position } from "../chat/position.ts";
import { ChatError } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";
import type { Answers, AppendAnswer, HistoryAnswer, JoinAnswer, Pushes, RoomPolicy } from "../protocol/messages.ts";
import type { RequestName, Requests } from "../protocol/schemas.ts";
import type { ClientClock } from "./client-clock.ts";
import { Emitter } from "./emitter.ts";
import { newId } from "./new-id.ts";
import { type Append, Outbox, type Pending } from "./outbox.ts";
import { Receipts } from "./receipts.ts";
import type { RoomEvents, RoomState, SyncReason } from "./room-events.ts";
import { RoomSync } from "./room-sync.ts";
import type { Turns } from "./turns.ts";
import { TypingSignal } from "./typing-signal.ts";
import type { Push } from "./wire-guards.ts";

/** What a room uses of its connection. */
export interface RoomLink {
  readonly online: () => boolean;
  readonly request: <N extends RequestName>(name: N, payload: Requests[N]) => Promise<Answers[N]>;
  readonly tell: <N extends RequestName>(name: N, payload: Requests[N]) => void;
  /** The joins of all rooms stand in one line, since the server counts them together. */
  readonly joinTurns: Turns;
  readonly clock: ClientClock;
  readonly random: () => number;
  readonly forget: (room: Room) => void;
}

export interface JoinOptions {
  /** Where the user was last time: entries after it are delivered, or a gap is declared. Without it: the newest. */
  readonly after?: Position;
  /** How many of the newest to begin with. Default 50. */
  readonly limit?: number;
  /** How long an append may wait for its answer, ms. Default 2 min. The server knows an id again for 10 min at least. */
  readonly deadlineMs?: number;
}

/** Options of a message. `id` is its name forever: sending the same id again stores nothing twice. */
export type SendOptions = Partial<Omit<Requests["message:send"], "room" | "text">>;

/** One room of one client: entries in order without holes, appends that end in an answer. */
export class Room {
  readonly name: string;
  readonly #link: RoomLink;
  readonly #events = new Emitter<RoomEvents>();
  readonly #sync: RoomSync;
  readonly #outbox: Outbox;
  readonly #receipts: Receipts;
  readonly #typing: TypingSignal;
  readonly #deadlineMs: number;
  #state: RoomState = { status: "joining" };
  #storedSeq = 0;
  #policy: RoomPolicy | undefined;

  constructor(name: string, link: RoomLink, options: JoinOptions) {
    this.name = name;
    this.#link = link;
    this.#deadlineMs = options.deadlineMs ?? 120_000;
    this.#receipts = new Receipts(link.clock, (seq) => link.tell("receipt", { room: name, seq }));
    this.#typing = new TypingSignal(link.clock, (on) => void this.#sayTyping(on));
    this.#outbox = this.#makeOutbox();
    this.#sync = this.#makeSync(options);
  }

  get state(): RoomState {
    return this.#state;
  }

  /** The last position that was delivered: remember it to come back to exactly there. */
  get position(): Position | undefined {
    return this.#sync.position;
  }

  /** Every entry up to this seq is known to be in the store. */
  get storedSeq(): number {
    return this.#storedSeq;
  }

  /** What holds in the room, as the server said last; undefined before the first join. */
  get policy(): RoomPolicy | undefined {
    return this.#policy;
  }

  /** Appends without an answer, oldest first. */
  get pending(): readonly Pending[] {
    return this.#outbox.pending;
  }

  on<K extends keyof RoomEvents>(event: K, listener: (value: RoomEvents[K]) => void): () => void {
    return this.#events.on(event, listener);
  }

  /** Resolves with the place of the message. Rejects with a ChatError; TIMEOUT means that it may be stored or not. */
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
    return this.#link.request("history:get", { room: this.name, ...query });
  }

  /** Call it at each key stroke with true, and with false when the text is sent or empty. Nothing where the room does not show it. */
  typing(on: boolean): void {
    const shown = this.#policy?.typing ?? true;
    if (shown && this.#state.status === "live" && this.#link.online()) this.#typing.set(on);
  }

  /** Ends the membership and everything that waits. */
  leave(): void {
    if (this.#state.status === "out") return;
    if (this.#link.online()) void this.#link.request("room:leave", { room: this.name }).catch(() => undefined);
    this.end("left");
  }

  /** For the client: the room is asked for again from where it is. */
  resync(reason: SyncReason): void {
    if (this.#state.status === "out") return;
    this.#typing.forget();
    this.#setState({ status: "joining" });
    this.#events.emit("resync", reason);
    this.#sync.run();
  }

  /** For the client: the connection is gone for now; appends wait. */
  paused(): void {
    if (this.#state.status === "live") this.#setState({ status: "joining" });
  }

  /** For the client: something the server sent about this room. */
  pushed(push: Push): void {
    if (push.event === "messages") this.#messages(push.payload);
    else if (push.event === "stored") this.#raiseStored(push.payload.seq);
    else if (push.event === "room:policy") this.#setPolicy(push.payload.policy);
    else if (push.event === "typing") this.#events.emit("typing", push.payload);
    else if (push.event === "room:resync") this.resync(push.payload.reason);
    else if (push.event === "room:removed") this.end(push.payload.reason);
  }

  /** For the client: the room is over, for this reason. */
  end(reason: string, error?: ChatError): void {
    if (this.#state.status === "out") return;
    this.#sync.stop();
    this.#receipts.stop();
    this.#setState({ status: "out", reason, ...(error === undefined ? {} : { error }) });
    this.#outbox.close(error ?? new ChatError("NOT_IN_ROOM", `the room is over: ${reason}`));
    this.#link.forget(this);
  }

  #append(append: Append): Promise<AppendAnswer> {
    if (this.#state.status !== "out") return this.#outbox.add(append, this.#deadlineMs);
    return Promise.reject(this.#state.error ?? new ChatError("NOT_IN_ROOM", `the room is over: ${this.#state.reason}`));
  }

  async #sayTyping(on: boolean): Promise<void> {
    try {
      await this.#link.request("typing:set", { room: this.name, on });
    } catch {
      this.#typing.forget();
    }
  }

  #makeOutbox(): Outbox {
    const { clock, random, request } = this.#link;
    return new Outbox({
      post: (append) => request(append.name, append.payload),
      ready: () => this.#state.status === "live",
      rejoin: () => this.resync("membership"),
      changed: (pending) => this.#events.emit("pending", pending),
      clock,
      random,
    });
  }

  #makeSync(options: JoinOptions): RoomSync {
    const { clock, random, online, joinTurns } = this.#link;
    return new RoomSync({
      ask: (query) => joinTurns(() => this.#askToJoin(query)),
      online,
      joined: (answer) => this.#joined(answer),
      deliver: (entries) => {
        this.#events.emit("entries", entries);
        this.#receipts.delivered(entries.length, this.position?.seq ?? 0);
      },
      gap: (gap) => this.#events.emit("gap", gap),
      live: () => this.#live(),
      refused: (error) => this.end(error.message, error),
      clock,
      random,
      after: options.after,
      limit: options.limit ?? limits.joinPage,
    });
  }

  /** Not for a room that was left while others had their turn: the server would keep its membership. */
  #askToJoin(query: Omit<Requests["room:join"], "room">): Promise<JoinAnswer> {
    if (this.#state.status === "out") return Promise.reject(new ChatError("NOT_IN_ROOM", "the room was left"));
    return this.#link.request("room:join", { room: this.name, ...query });
  }

  #messages({ entries, storedSeq = 0 }: Pushes["messages"]): void {
    this.#sync.pushed(entries);
    this.#raiseStored(storedSeq);
  }

  #joined(answer: JoinAnswer): void {
    this.#raiseStored(answer.storedSeq ?? 0);
    this.#events.emit("joined", answer);
    this.#setPolicy(answer.policy);
  }

  #setPolicy(policy: RoomPolicy): void {
    this.#policy = policy;
    this.#events.emit("policy", policy);
  }

  #live(): void {
    this.#setState({ status: "live" });
    this.#outbox.resume();
  }

  #raiseStored(seq: number): void {
    if (seq <= this.#storedSeq) return;
    this.#storedSeq = seq;
    this.#events.emit("stored", seq);
  }

  #setState(state: RoomState): void {
    if (this.#state.status === state.status && state.status !== "out") return;
    this.#state = state;
    this.#events.emit("state", state);
  }
}
