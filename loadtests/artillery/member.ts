import { setTimeout as pause } from "node:timers/promises";
import type { Socket } from "socket.io-client";
import { isEntries, isObject, isPosition, type Outcome, readAnswer } from "../../test/harness/load-wire.ts";
import type { CountedEntry, Ledger, Membership } from "../lib/accounting.ts";
import type { Place } from "../lib/holes.ts";
import { messageId } from "../lib/message-id.ts";
import type { Handshakes } from "./handshakes.ts";

export interface MemberOptions {
  /** The engine's own, connected. */
  readonly socket: Socket;
  readonly membership: Membership;
  readonly ledger: Ledger;
  readonly handshakes: Handshakes;
  /** A duration for Artillery's own report, ms. */
  readonly observe: (name: string, ms: number) => void;
}

/** How long an answer may take, ms: longer than the server takes to say that it can't. */
const answerWithinMs = 10_000;
/** How long a message is sent again and again, ms. */
const sendWithinMs = 20_000;
/** How long it may take until all is in the database, ms. */
const storedWithinMs = 10_000;
const retryMs = 250;
const historyPage = 200;

/** Unix ms, with fractions. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

function pageIn(answer: Readonly<Record<string, unknown>>): {
  readonly entries: readonly CountedEntry[];
  readonly more: boolean;
} {
  const { entries, more } = answer;
  if (!isEntries(entries)) throw new Error("no entries in the history");
  return { entries, more: more === true };
}

/**
 * A chat user on the real client: comes back, catches up, sends until there is an answer. It joins again after a reconnect and where the
 * server says so, and never by itself because something is missing: that would mend what the run is to find.
 */
export class Member {
  #inRoom = false;
  #sends = 0;
  readonly #options: MemberOptions;

  constructor(options: MemberOptions) {
    this.#options = options;
    this.#listen();
  }

  /** Resolves when it is in its room. */
  async enter(): Promise<void> {
    this.#options.handshakes.opened(now());
    this.#join();
    if (!(await this.#until(() => this.#inRoom, answerWithinMs))) throw new Error("the room was not joined in time");
  }

  /** Sends one message until there is an answer that ends it; without one in time it stays unanswered. */
  async say(): Promise<void> {
    const { ledger, membership } = this.#options;
    const at = now();
    const deadline = at + sendWithinMs;
    this.#sends += 1;
    const id = messageId(membership.member, this.#sends, at);
    ledger.sent({ id, room: membership.room, at });
    while (await this.#until(() => this.#inRoom, deadline - now())) {
      const wait = await this.#try(id);
      if (wait === undefined) return;
      await pause(wait);
    }
  }

  /** The network breaks, for this client only: neither side says goodbye. */
  breakConnection(): void {
    this.#options.socket.io.engine.close();
  }

  leave(): void {
    const { ledger, membership, socket } = this.#options;
    ledger.left(membership);
    this.#inRoom = false;
    socket.removeAllListeners("messages");
  }

  /** Reads the room's history into the ledger, when all of it is in the database. */
  async readBack(): Promise<void> {
    const { ledger, membership } = this.#options;
    if (!(await this.#until(() => this.#isStored(), storedWithinMs))) throw new Error("not all was stored in time");
    for (let after: number | undefined = 0; after !== undefined; ) {
      const { entries, more } = await this.#page(after);
      ledger.stored(membership.room, entries);
      after = more ? entries.at(-1)?.seq : undefined;
    }
  }

  async #page(after: number): Promise<{ readonly entries: readonly CountedEntry[]; readonly more: boolean }> {
    const { room } = this.#options.membership;
    for (;;) {
      const outcome = await this.#ask("history:get", { room, after, limit: historyPage });
      if (outcome.kind === "ok") return pageIn(outcome.answer);
      if (!outcome.error.retryable) throw new Error(`history: ${outcome.error.code}`);
      await pause(outcome.error.retryAfterMs ?? retryMs);
    }
  }

  #listen(): void {
    const { socket, handshakes } = this.#options;
    // The engine's own listeners end its first step, and a second time when the client comes back and is refused.
    socket.off("connect_error").off("error");
    socket.on("connect", () => {
      handshakes.opened(now());
      this.#join();
    });
    socket.on("connect_error", () => {
      handshakes.refused();
      if (!socket.active) this.#comeBack();
    });
    socket.on("disconnect", (reason) => {
      this.#inRoom = false;
      // Whoever ends by its own will at the end of a run has to have everything by then.
      if (reason !== "io client disconnect") this.#options.ledger.left(this.#options.membership);
      if (reason === "io server disconnect") this.#comeBack();
    });
    socket.on("messages", (push: unknown) => this.#take(push));
    socket.on("room:resync", () => this.#join());
  }

  #comeBack(): void {
    setTimeout(() => this.#options.socket.connect(), retryMs);
  }

  #take(push: unknown): void {
    const { ledger, membership, observe } = this.#options;
    if (!isObject(push) || !isEntries(push["entries"])) throw new Error("messages without entries");
    const at = now();
    for (const entry of push["entries"]) {
      const ms = ledger.delivered(membership, entry, at);
      if (ms !== undefined) observe("weir.delivery", ms);
    }
  }

  /** Goes on from its place until it has everything. What is answered too late is of a connection that is gone. */
  #join(): void {
    const { ledger, membership, socket } = this.#options;
    const after = ledger.placeOf(membership);
    const request = { room: membership.room, ...(after === undefined ? { limit: 1 } : { after, limit: historyPage }) };
    socket.timeout(answerWithinMs).emit("room:join", request, (lost: unknown, answer: unknown) => {
      if (lost !== null) return;
      const outcome = readAnswer(answer);
      if (outcome.kind === "error") {
        setTimeout(() => socket.connected && this.#join(), outcome.error.retryAfterMs ?? retryMs);
      } else if (this.#entered(after, outcome.answer)) {
        this.#join();
      }
    });
  }

  /** Returns whether there is more to ask for. */
  #entered(after: Place | undefined, answer: Readonly<Record<string, unknown>>): boolean {
    const { ledger, membership } = this.#options;
    const { head, entries } = answer;
    if (!isPosition(head) || !isEntries(entries)) throw new Error("no place in the answer to a join");
    const more = answer["more"] === true;
    if (after === undefined) ledger.joined(membership, head);
    else ledger.caughtUp(membership, { head, entries, gap: answer["gap"] === true, more });
    this.#inRoom = !more;
    return more && after !== undefined;
  }

  /** Returns how long to wait before the next try, ms; undefined when there is an answer that ends it. */
  async #try(id: string): Promise<number | undefined> {
    const { ledger, membership } = this.#options;
    const text = "what was said".padEnd(100, ".");
    const outcome = await this.#ask("message:send", { room: membership.room, id, text });
    if (outcome.kind === "ok") {
      this.#answered(id, outcome.answer);
      return undefined;
    }
    if (outcome.error.retryable) return outcome.error.retryAfterMs ?? retryMs;
    ledger.refused(id, outcome.error.code);
    return undefined;
  }

  #answered(id: string, answer: Readonly<Record<string, unknown>>): void {
    const { ledger, membership, observe } = this.#options;
    if (!isPosition(answer)) throw new Error("no place in the answer to a send");
    const { epoch, seq } = answer;
    const ms = ledger.acknowledged({ id, epoch, seq, room: membership.room, at: now() });
    if (ms !== undefined) observe("weir.ack", ms);
  }

  /** Whether everything up to the head is in the database. */
  async #isStored(): Promise<boolean> {
    const { room } = this.#options.membership;
    const outcome = await this.#ask("room:join", { room, limit: 1 });
    if (outcome.kind === "error" || !isPosition(outcome.answer["head"])) return false;
    return Number(outcome.answer["storedSeq"]) >= outcome.answer["head"].seq;
  }

  /** A lost connection is a retryable error, like a server that could not answer. */
  async #ask(event: string, request: object): Promise<Outcome> {
    try {
      return readAnswer(await this.#options.socket.timeout(answerWithinMs).emitWithAck(event, request));
    } catch {
      return { kind: "error", error: { code: "TIMEOUT", retryable: true, retryAfterMs: undefined } };
    }
  }

  async #until(condition: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> {
    const deadline = now() + withinMs;
    while (!(await condition())) {
      if (now() >= deadline) return false;
      await pause(Math.min(50, Math.max(1, deadline - now())));
    }
    return true;
  }
}
