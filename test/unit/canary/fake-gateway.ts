import type { Dial, WireListener } from "../../../src/client/wire.ts";
import type { ErrorCode } from "../../../src/protocol/errors.ts";

/** What is wrong with it, by leg: an error code is its answer, `silent` is none. */
export type Faults = {
  -readonly [L in "connect" | "join" | "send" | "deliver" | "stored" | "history"]?: ErrorCode | "silent";
};

/** A gateway of one room that can go wrong at any leg, and says what it saw. */
export class FakeGateway {
  faults: Faults = {};
  sends = 0;
  /** Connections that are open now, and the most there were at a time. */
  open = 0;
  most = 0;
  /** What its history shows, where that is not the message that was sent. */
  shown: string | undefined;
  readonly #listeners = new Set<WireListener>();

  readonly dial: Dial = (_target, listener) => {
    let isClosed = false;
    queueMicrotask(() => this.#welcome(listener));
    return {
      emit: (event, payload, answered) =>
        queueMicrotask(() => {
          if (!isClosed) this.#asked({ event, payload, listener, answered: answered ?? ((): void => {}) });
        }),
      close: () => {
        if (!isClosed && this.faults.connect === undefined) this.open -= 1;
        isClosed = true;
      },
    };
  };

  /** A push to every connection that ever opened. */
  push(event: string, payload: unknown): void {
    for (const listener of this.#listeners) listener.pushed(event, payload);
  }

  #welcome(listener: WireListener): void {
    const { connect } = this.faults;
    if (connect === "silent") return;
    if (connect !== undefined) return listener.refused({ message: "no", data: { code: connect } });
    this.open += 1;
    this.most = Math.max(this.most, this.open);
    this.#listeners.add(listener);
    listener.opened();
  }

  #asked({ event, payload, listener, answered }: Asked): void {
    const leg = legs[event];
    const fault = leg === undefined ? "INTERNAL" : this.faults[leg];
    if (event === "message:send" && (fault === undefined || fault === "silent")) this.#deliver(payload, listener);
    if (fault === "silent") return;
    if (fault !== undefined) return answered({ ok: false, error: { code: fault, message: fault } });
    const place = { epoch: "1", seq: this.sends };
    answered({ ok: true, ...place, head: place, entries: [{ ...place, id: this.shown ?? this.#last }] });
  }

  #last = "";

  #deliver(payload: unknown, listener: WireListener): void {
    this.sends += 1;
    const sent: object = typeof payload === "object" && payload !== null ? payload : {};
    const entry = { from: { id: "us" }, ...sent, epoch: "1", seq: this.sends };
    this.#last = "id" in sent ? String(sent.id) : "";
    const { deliver, stored } = this.faults;
    if (deliver === undefined) listener.pushed("messages", { room: "weir:canary", entries: [entry] });
    if (stored === undefined) listener.pushed("stored", { room: "weir:canary", seq: this.sends });
  }
}

interface Asked {
  readonly event: string;
  readonly payload: unknown;
  readonly listener: WireListener;
  readonly answered: (answer: unknown) => void;
}

const legs: Readonly<Record<string, "join" | "send" | "history" | undefined>> = {
  "room:join": "join",
  "message:send": "send",
  "history:get": "history",
};
