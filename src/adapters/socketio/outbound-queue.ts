import type { Waiting } from "../../gateway/slow-consumer.ts";
import type { Frame, FrameKind } from "./outbound-frame.ts";

/** A packet that waits, with the arguments it was written with. */
export interface Waiter {
  readonly frame: Frame;
  readonly data: unknown;
  readonly options: object | undefined;
  readonly bytes: number;
  /** Monotonic ms. */
  readonly at: number;
}

interface Total {
  bytes: number;
  messages: number;
  waiters: number;
}

/** What waits for one client, in order, with its size by kind. */
export class OutboundQueue {
  #waiters: Waiter[] = [];
  readonly #totals: Readonly<Record<FrameKind, Total>> = { durable: nothing(), ephemeral: nothing(), kept: nothing() };

  get length(): number {
    return this.#waiters.length;
  }

  push(waiter: Waiter): void {
    this.#waiters.push(waiter);
    this.#count(waiter, 1);
  }

  /** Takes the first ones out: at least one, and as many as fit. */
  take(packets: number, bytes: number): readonly Waiter[] {
    let sum = 0;
    const tooMuch = this.#waiters.findIndex((waiter, i) => {
      sum += waiter.bytes;
      return i > 0 && (i >= packets || sum > bytes);
    });
    const taken = this.#waiters.splice(0, tooMuch === -1 ? this.#waiters.length : tooMuch);
    for (const waiter of taken) this.#count(waiter, -1);
    return taken;
  }

  some(isWanted: (waiter: Waiter) => boolean): boolean {
    return this.#waiters.some(isWanted);
  }

  /** Takes out those that are asked for, wherever they stand. */
  drop(isWanted: (waiter: Waiter) => boolean): readonly Waiter[] {
    const dropped: Waiter[] = [];
    const kept: Waiter[] = [];
    for (const waiter of this.#waiters) (isWanted(waiter) ? dropped : kept).push(waiter);
    for (const waiter of dropped) this.#count(waiter, -1);
    this.#waiters = kept;
    return dropped;
  }

  waiting(kind: FrameKind, now: number): Waiting {
    const { bytes, messages, waiters } = this.#totals[kind];
    const oldest = waiters === 0 ? undefined : this.#waiters.find(({ frame }) => frame.kind === kind);
    return { bytes, messages, oldestMs: oldest === undefined ? 0 : now - oldest.at };
  }

  #count({ frame, bytes }: Waiter, sign: 1 | -1): void {
    const total = this.#totals[frame.kind];
    total.bytes += sign * bytes;
    total.messages += sign * frame.messages;
    total.waiters += sign;
  }
}

function nothing(): Total {
  return { bytes: 0, messages: 0, waiters: 0 };
}
