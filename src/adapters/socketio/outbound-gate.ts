import type { Position } from "../../chat/position.ts";
import {
  type CloseCause,
  nextStep,
  type QueueLimits,
  type QueueSnapshot,
  type Step,
} from "../../gateway/slow-consumer.ts";
import type { Clock } from "../../kernel/clock.ts";
import { type Frame, hasSeq } from "./outbound-frame.ts";
import { OutboundQueue, type Waiter } from "./outbound-queue.ts";
import { preEncodedFrame } from "./pre-encoded-frame.ts";

type PacketOptions = object | undefined;
/** The callback runs when the kernel has taken the packet. */
type Write = (data: unknown, options?: PacketOptions, callback?: () => void) => unknown;

/** All that a gate uses of an Engine.IO connection, and what it stands on. */
export interface Outlet {
  write: Write;
  readonly readyState: string;
  /** Whether the transport has handed over all that it was given. */
  readonly transport: { readonly writable: boolean };
  once(event: "close", listener: () => void): unknown;
}

/** The stream under a connection that was a WebSocket from its beginning. */
export interface Stream {
  readonly writable: boolean;
  /** Bytes that the kernel has not taken. */
  readonly writableLength: number;
  write(frame: Buffer): unknown;
}

/** Each but the last, which ends the gate. */
export type GateStep = Exclude<Step["kind"], "close">;

/** What a gate reports. */
export interface GateWatcher {
  /** Something waits, or nothing does any more. */
  waiting(gate: OutboundGate, waits: boolean): void;
  dropped(step: GateStep, waiters: readonly Waiter[]): void;
  /** A step is taken, because of this. */
  step(gate: OutboundGate, step: GateStep, before: QueueSnapshot): void;
  /** The client is to be cut off; the gate is shut already. May be called in the middle of a broadcast. */
  close(gate: OutboundGate, cause: CloseCause, before: QueueSnapshot): void;
  /** How long the oldest of a batch has waited, ms. */
  waited(ms: number): void;
}

export interface GateOptions {
  readonly conn: Outlet;
  readonly stream?: Stream | undefined;
  readonly limits: QueueLimits;
  readonly clock: Clock;
  readonly read: (data: unknown) => Frame;
  readonly watcher: GateWatcher;
}

/** What the gate needs of the session behind it. */
export interface Conversation {
  /** Whose it is, for the log. */
  readonly user: string;
  resync(room: string, from: Position): void;
  /** How long more than so many entries have been unconfirmed without progress, ms. */
  unconfirmedFor(entries: number): number;
}

/** What is handed to the transport at a time: all that can't be taken back from a client that stops reading. */
const batch = { packets: 32, bytes: 32_768 } as const;
/** Writes between two looks at what the client has confirmed. */
const reviewEvery = 16;
const nobody: Conversation = { user: "", resync: () => undefined, unconfirmedFor: () => 0 };

/**
 * Stands in for `write` of one Engine.IO connection: everything that Socket.IO sends passes here, broadcasts, events and answers, in one
 * order. While the transport takes what it is given, that is all. When it does not, one small batch waits in the engine, whose callback
 * says that the kernel has taken it, and the rest waits here, where it can be counted and dropped.
 */
export class OutboundGate {
  readonly conn: Outlet;
  readonly #options: GateOptions;
  readonly #write: Write;
  readonly #queue = new OutboundQueue();
  /** Rooms whose messages were thrown away, until the client's notice of that is handed over. */
  readonly #lost = new Set<string>();
  #conversation = nobody;
  #state: "guarding" | "released" | "dead" = "guarding";
  /** A batch is in the engine, whose callback will come. */
  #awaiting = false;
  #held = false;
  #writes = 0;
  /** When the transport last took something, monotonic ms. */
  #progressAt = 0;

  constructor(options: GateOptions) {
    this.conn = options.conn;
    this.#options = options;
    this.#write = options.conn.write.bind(options.conn);
    options.conn.write = (data, packetOptions, callback) => {
      this.#take(data, packetOptions, callback);
      return options.conn;
    };
    options.conn.once("close", () => this.#die());
  }

  get user(): string {
    return this.#conversation.user;
  }

  /** From now on the gate can tell the client, and knows what the client confirms. */
  attach(conversation: Conversation): void {
    this.#conversation = conversation;
  }

  /** Hands over all that waits, in order, and holds nothing back from now on: for a connection that is about to close. */
  release(): void {
    if (this.#state !== "guarding") return;
    this.#state = "released";
    for (const { data, options } of this.#empty()) this.#write(data, options);
  }

  /** To be called now and then while something waits: time alone calls for steps too. */
  review(): void {
    if (this.#awaiting && this.conn.transport.writable) this.#wake();
    this.#enforce();
    if (this.#held && this.#unconfirmedMs() === 0) this.#letGo();
  }

  /** Throws away all that waits and has the client cut off. */
  giveUp(cause: CloseCause): void {
    const before = this.snapshot();
    this.#die();
    this.#options.watcher.close(this, cause, before);
  }

  snapshot(): QueueSnapshot {
    const now = this.#options.clock.monotonic();
    return {
      durable: this.#queue.waiting("durable", now),
      ephemeral: this.#queue.waiting("ephemeral", now),
      answers: this.#queue.waiting("kept", now),
      stuckMs: this.#awaiting ? now - this.#progressAt : 0,
      unconfirmedMs: this.#unconfirmedMs(),
      held: this.#held,
    };
  }

  /** Costs next to nothing while nothing waits and the transport takes it. */
  #take(data: unknown, options?: PacketOptions, callback?: () => void): unknown {
    if (this.#state === "dead") return undefined;
    this.#writes += 1;
    if (this.#writes % reviewEvery === 0) this.#enforce();
    const frame = preEncodedFrame(options);
    if (this.#state === "released" || callback !== undefined) return this.#write(data, options, callback);
    if (this.#awaiting || this.#held) return this.#wait(data, options);
    return this.conn.transport.writable ? this.#pass(data, options, frame) : this.#handAndAwait(data, options);
  }

  /**
   * A frame goes to the stream itself while nothing waits there: the order is the same, and the way through the engine, with its packets,
   * buffers and events, costs as much again.
   */
  #pass(data: unknown, options: PacketOptions, frame: Buffer | undefined): unknown {
    const { stream } = this.#options;
    const isClear = stream?.writableLength === 0 && stream.writable && this.conn.readyState === "open";
    return isClear && frame !== undefined ? stream.write(frame) : this.#write(data, options);
  }

  #handAndAwait(data: unknown, options: PacketOptions): void {
    this.#awaiting = true;
    this.#progressAt = this.#options.clock.monotonic();
    this.#write(data, options, () => this.#wake());
  }

  #wait(data: unknown, options: PacketOptions): void {
    const bytes = typeof data === "string" ? Buffer.byteLength(data) : 0;
    const at = this.#options.clock.monotonic();
    const waiter: Waiter = { frame: this.#options.read(data), data, options, bytes, at };
    this.#loseSuperseded(waiter.frame);
    if (this.#isLost(waiter)) {
      this.#options.watcher.dropped("resync", [waiter]);
    } else {
      this.#queue.push(waiter);
      this.#options.watcher.waiting(this, true);
      this.#enforce();
    }
  }

  /**
   * A text that waits here while it is edited or deleted is not sent any more. Its room is given up, and the client asks for what came
   * after, where the text is erased.
   */
  #loseSuperseded({ room, superseded }: Frame): void {
    if (superseded.length === 0 || room === undefined) return;
    if (this.#queue.some(({ frame }) => frame.room === room && superseded.some((seq) => hasSeq(frame, seq)))) {
      this.#lose(({ frame }) => frame.kind === "durable" && frame.room === room);
    }
  }

  #isLost({ frame: { kind, room } }: Waiter): boolean {
    return kind !== "kept" && room !== undefined && this.#lost.has(room);
  }

  #wake(): void {
    this.#awaiting = false;
    this.#progressAt = this.#options.clock.monotonic();
    this.#pump();
  }

  #pump(): void {
    if (this.#held || this.#state !== "guarding") return;
    const waiters = this.#queue.take(batch.packets, batch.bytes);
    const [oldest] = waiters;
    if (oldest === undefined) return this.#options.watcher.waiting(this, false);
    this.#options.watcher.waited(this.#options.clock.monotonic() - oldest.at);
    for (const [i, { frame, data, options }] of waiters.entries()) {
      if (frame.event === "room:resync" && frame.room !== undefined) this.#lost.delete(frame.room);
      if (i === waiters.length - 1) this.#handAndAwait(data, options);
      else this.#write(data, options);
    }
  }

  #letGo(): void {
    this.#held = false;
    if (!this.#awaiting) this.#pump();
  }

  #enforce(): void {
    const { limits, watcher } = this.#options;
    for (;;) {
      const before = this.snapshot();
      const step = this.#state === "guarding" ? nextStep(before, limits) : undefined;
      if (step === undefined) return;
      if (step.kind === "close") return this.giveUp(step.cause);
      watcher.step(this, step.kind, before);
      this.#apply(step.kind);
    }
  }

  #apply(step: GateStep): void {
    if (step === "expire") this.#dropEphemeral(step, this.#options.clock.monotonic() - this.#options.limits.maxAgeMs);
    else if (step === "drop-ephemeral") this.#dropEphemeral(step, Number.POSITIVE_INFINITY);
    else if (step === "resync") this.#resync();
    else {
      this.#held = true;
      this.#options.watcher.waiting(this, true);
    }
  }

  #dropEphemeral(step: "expire" | "drop-ephemeral", until: number): void {
    const dropped = this.#queue.drop(({ frame, at }) => frame.kind === "ephemeral" && at < until);
    this.#options.watcher.dropped(step, dropped);
  }

  #resync(): void {
    this.#lose(({ frame }) => frame.kind === "durable");
  }

  /** Throws away messages, and tells the client for each of their rooms from where on. */
  #lose(isLost: (waiter: Waiter) => boolean): void {
    const places = new Map<string, Position>();
    const dropped = this.#queue.drop(isLost);
    for (const { frame } of dropped) {
      const { room, before } = frame;
      if (room !== undefined && before !== undefined && !places.has(room)) places.set(room, before);
    }
    for (const room of places.keys()) this.#lost.add(room);
    this.#options.watcher.dropped("resync", [...dropped, ...this.#queue.drop((waiter) => this.#isLost(waiter))]);
    for (const [room, place] of places) this.#conversation.resync(room, place);
  }

  #unconfirmedMs(): number {
    return this.#conversation.unconfirmedFor(this.#options.limits.maxMessages);
  }

  #empty(): readonly Waiter[] {
    const waiters = this.#queue.take(this.#queue.length, Number.POSITIVE_INFINITY);
    this.#lost.clear();
    this.#options.watcher.waiting(this, false);
    return waiters;
  }

  #die(): void {
    this.#state = "dead";
    this.#empty();
  }
}
