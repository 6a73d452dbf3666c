import { comparePositions, type Position } from "../chat/position.ts";
import { ChatError } from "../protocol/errors.ts";
import type { Answers, AppendAnswer, HistoryAnswer, JoinAnswer, Pushes, RoomPolicy } from "../protocol/messages.ts";
import type { RequestName, Requests } from "../protocol/schemas.ts";
import { AppendError } from "./append-error.ts";
import type { ClientClock } from "./client-clock.ts";
import type { JoinQueue } from "./join-queue.ts";
import { leaveRoom } from "./leave-room.ts";
import type { OnLate } from "./open-requests.ts";
import { type Append, Outbox, type Pending } from "./outbox.ts";
import { Receipts } from "./receipts.ts";
import { requestFault } from "./request-fault.ts";
import type { RoomEvents, RoomState, SyncReason } from "./room-events.ts";
import { RoomSync } from "./room-sync.ts";
import { TypingSignal } from "./typing-signal.ts";
import type { Push } from "./wire-guards.ts";

/** What rooms use of their connection. */
export interface RoomLink {
  readonly online: () => boolean;
  readonly request: <N extends RequestName>(name: N, payload: Requests[N], onLate?: OnLate<N>) => Promise<Answers[N]>;
  readonly tell: <N extends RequestName>(name: N, payload: Requests[N]) => void;
  /** The joins of all rooms, since the server counts them together. */
  readonly joins: JoinQueue;
  readonly clock: ClientClock;
  readonly random: () => number;
  /** Whether the client has a membership in a room of that name. */
  readonly isJoined: (room: string) => boolean;
  readonly forget: (membership: Membership) => void;
}

/** Where a membership begins. */
export interface Beginning {
  readonly after: Position | undefined;
  readonly limit: number;
}

/** One `join` of the room: it hears what happens in the room, and owns the appends that it made. */
export interface Member {
  readonly priority: number;
  /** Calls the listeners of an event. */
  emit<K extends keyof RoomEvents>(event: K, value: RoomEvents[K]): void;
}

/** The membership of one client in one room, which all handles of that room share. Ends with the last of them. */
export class Membership {
  readonly name: string;
  readonly #link: RoomLink;
  readonly #members = new Set<Member>();
  readonly #sync: RoomSync;
  readonly #outbox: Outbox;
  readonly #receipts: Receipts;
  readonly #typing: TypingSignal;
  #state: RoomState = { status: "joining" };
  #stored: Position = { epoch: "0", seq: 0 };
  #policy: RoomPolicy | undefined;

  constructor(name: string, link: RoomLink, beginning: Beginning) {
    this.name = name;
    this.#link = link;
    this.#receipts = new Receipts(link.clock, (seq) => link.tell("receipt", { room: name, seq }));
    this.#typing = new TypingSignal(link.clock, (on) => void this.#sayTyping(on));
    this.#outbox = this.#makeOutbox();
    this.#sync = this.#makeSync(beginning);
  }

  get state(): RoomState {
    return this.#state;
  }

  get position(): Position | undefined {
    return this.#sync.position;
  }

  get storedSeq(): number {
    return this.#stored.seq;
  }

  get policy(): RoomPolicy | undefined {
    return this.#policy;
  }

  pendingOf(member: Member): readonly Pending[] {
    return this.#outbox.pendingOf(member);
  }

  add(member: Member): void {
    this.#members.add(member);
  }

  /** One handle is done with the room. The membership ends with the last one. */
  remove(member: Member): void {
    if (!this.#members.delete(member)) return;
    this.#outbox.close(leftError(), member);
    if (this.#members.size === 0) this.#leave();
  }

  /** Rejects at once where the append is too large, whatever else waits. */
  append(member: Member, append: Append, deadlineMs: number): Promise<AppendAnswer> {
    const fault = this.#faultOf(append);
    if (fault === undefined) return this.#outbox.add(append, { owner: member, deadlineMs });
    const { id } = append.payload;
    return Promise.reject(new AppendError(fault.code, fault.message, { id, outcome: "not-stored", cause: fault }));
  }

  history(query: Omit<Requests["history:get"], "room"> = {}): Promise<HistoryAnswer> {
    return this.#link.request("history:get", { room: this.name, ...query });
  }

  typing(on: boolean): void {
    const shown = this.#policy?.typing ?? true;
    if (shown && this.#state.status === "live" && this.#link.online()) this.#typing.set(on);
  }

  /** For the client: the room is asked for again from where it is. */
  resync(reason: SyncReason): void {
    if (this.#state.status === "out") return;
    this.#typing.forget();
    this.#setState({ status: "joining" });
    this.#emit("resync", reason);
    this.#sync.run();
  }

  /** For the client: the connection is gone for now; appends wait. */
  paused(): void {
    if (this.#state.status === "live") this.#setState({ status: "joining" });
  }

  /** For the client: something the server sent about this room. */
  pushed(push: Push): void {
    if (push.event === "messages") this.#messages(push.payload);
    else if (push.event === "stored") this.#raiseStored(push.payload.seq, push.payload.epoch);
    else if (push.event === "room:policy") this.#setPolicy(push.payload.policy);
    else if (push.event === "typing") this.#emit("typing", push.payload);
    else if (push.event === "room:resync") this.resync(push.payload.reason);
    else if (push.event === "room:removed") this.end(push.payload.reason);
  }

  /** For the client: the room is over, for this reason. */
  end(reason: string, error?: ChatError): void {
    if (this.#state.status === "out") return;
    this.#sync.stop();
    this.#receipts.stop();
    this.#setState({ status: "out", reason, ...(error === undefined ? {} : { error }) });
    this.#outbox.close(error ?? overError(reason));
    this.#link.forget(this);
  }

  #leave(): void {
    if (this.#state.status === "out") return;
    this.end("left");
    const { link, name } = { link: this.#link, name: this.name };
    void leaveRoom({
      request: () => link.request("room:leave", { room: name }),
      needed: () => link.online() && !link.isJoined(name),
      clock: link.clock,
      random: link.random,
    });
  }

  #faultOf({ name, payload }: Append): ChatError | undefined {
    const { state } = this;
    if (state.status === "out") return state.error ?? overError(state.reason);
    return requestFault(name, payload, this.#policy?.textBytes);
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
      post: (append, onLate) => request(append.name, append.payload, onLate),
      ready: () => this.#state.status === "live",
      rejoin: () => this.resync("membership"),
      changed: (owner) => this.#pendingChanged(owner),
      clock,
      random,
    });
  }

  #makeSync({ after, limit }: Beginning): RoomSync {
    const { clock, random, online, joins } = this.#link;
    return new RoomSync({
      ask: (query, onLate) => joins.ask({ room: this.name, query, onLate, ...this.#asking() }),
      page: () => joins.page,
      online,
      joined: (answer) => this.#joined(answer),
      deliver: (entries) => {
        this.#emit("entries", entries);
        this.#receipts.delivered(entries.length, this.position?.seq ?? 0);
      },
      gap: (gap) => this.#emit("gap", gap),
      live: () => this.#live(),
      refused: (error) => this.end(error.message, error),
      clock,
      random,
      after,
      limit,
    });
  }

  /** A room that was left while it waited is not asked for: the server would keep its membership. */
  #asking(): { readonly priority: () => number; readonly wanted: () => boolean } {
    return {
      priority: () => Math.max(0, ...[...this.#members].map(({ priority }) => priority)),
      wanted: () => this.#state.status !== "out",
    };
  }

  #emit<K extends keyof RoomEvents>(event: K, value: RoomEvents[K]): void {
    for (const member of this.#members) member.emit(event, value);
  }

  #pendingChanged(owner: object): void {
    for (const member of this.#members) if (member === owner) member.emit("pending", this.#outbox.pendingOf(member));
  }

  #messages({ entries, storedSeq = 0, storedEpoch }: Pushes["messages"]): void {
    this.#sync.pushed(entries);
    this.#raiseStored(storedSeq, storedEpoch);
  }

  #joined(answer: JoinAnswer): void {
    // After a gap the room may be shorter than before, and what was stored may be gone.
    if (answer.gap === true) this.#stored = { epoch: "0", seq: 0 };
    this.#raiseStored(answer.storedSeq ?? 0, answer.storedEpoch);
    this.#emit("joined", answer);
    this.#setPolicy(answer.policy);
  }

  #setPolicy(policy: RoomPolicy): void {
    this.#policy = policy;
    this.#emit("policy", policy);
  }

  #live(): void {
    this.#setState({ status: "live" });
    this.#outbox.resume();
  }

  /** @param epoch absent where a gateway of an older version says none */
  #raiseStored(seq: number, epoch = this.#stored.epoch): void {
    const mark = { epoch, seq };
    if (comparePositions(mark, this.#stored) <= 0) return;
    this.#stored = mark;
    this.#emit("stored", seq);
  }

  #setState(state: RoomState): void {
    if (this.#state.status === state.status && state.status !== "out") return;
    this.#state = state;
    this.#emit("state", state);
  }
}

function overError(reason: string): ChatError {
  return new ChatError("NOT_IN_ROOM", `the room is over: ${reason}`);
}

function leftError(): ChatError {
  return overError("left");
}
