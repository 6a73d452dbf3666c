import type { Outlet } from "../../../src/adapters/socketio/outbound-gate.ts";
import { OutboundGates } from "../../../src/adapters/socketio/outbound-gates.ts";
import type { QueueLimits } from "../../../src/gateway/slow-consumer.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { silentLogger } from "../../../src/telemetry/logger.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";

const limits: QueueLimits = {
  maxBytes: 10_000,
  maxMessages: 20,
  maxAgeMs: 10_000,
  stuckMs: 30_000,
  answerBytes: 50_000,
};

interface Given {
  readonly data: string;
  readonly done: (() => void) | undefined;
}

/** An engine connection as the gate sees it: one batch is under way, what is given meanwhile makes the next. */
export class Pipe implements Outlet {
  readonly received: string[] = [];
  readyState = "open";
  /** What the WebSocket writes to, as far as the gate uses it itself: the kernel takes all of it. */
  readonly stream = {
    writable: true,
    writableLength: 0,
    write: (frame: Buffer): void => void this.received.push(`frame ${String(frame)}`),
  };
  readonly transport = { writable: true };
  #underWay: Given[] = [];
  #next: Given[] = [];
  #onClose: () => void = () => undefined;
  #reads = true;

  write: Outlet["write"] = (data, _options, done) => {
    this.#next.push({ data: String(data), done });
    this.#flush();
  };

  once(_event: "close", listener: () => void): void {
    this.#onClose = listener;
  }

  /** What nobody can take back any more. */
  get given(): number {
    return this.#underWay.length + this.#next.length;
  }

  stall(): void {
    this.#reads = false;
  }

  /** The client takes all that there is and goes on. */
  resume(): void {
    this.#reads = true;
    while (this.given > 0) this.step();
  }

  /** It takes the batch that is under way. */
  step(): void {
    const taken = this.#underWay;
    this.#underWay = [];
    this.received.push(...taken.map(({ data }) => data));
    for (const { done } of taken) done?.();
    this.transport.writable = true;
    this.#flush();
  }

  end(): void {
    this.#onClose();
  }

  #flush(): void {
    if (!this.transport.writable || this.#next.length === 0) return;
    this.transport.writable = false;
    this.#underWay = this.#next;
    this.#next = [];
    if (this.#reads) this.step();
  }
}

/** A gate before a pipe whose client stops and goes on as it is told. */
export function createGateRig(more: Partial<QueueLimits> = {}) {
  const clock = new ManualClock();
  const metrics = createMetrics({ processMetrics: false });
  const gates = new OutboundGates({ limits: { ...limits, ...more }, clock, metrics, logger: silentLogger });
  const pipe = new Pipe();
  const cuts: number[] = [];
  const state = { unconfirmedMs: 0 };
  gates.guard(pipe, () => void cuts.push(clock.monotonic()), pipe.stream);
  gates.of(pipe)?.attach({
    user: "slow",
    resync: (room, from) => void pipe.write(event("room:resync", { room, from, reason: "slow" })),
    unconfirmedFor: () => state.unconfirmedMs,
  });
  const metric = async (line: string): Promise<boolean> => (await metrics.scrape()).text.includes(`${line}\n`);
  return { clock, pipe, cuts, state, metric, gates, gate: gates.of(pipe) };
}

/** An encoded Socket.IO event. */
export function event(name: string, payload: object): string {
  return `2/chat,${JSON.stringify([name, payload])}`;
}

export function messages(room: string, first: number, count = 1, text = "x"): string {
  const entries = Array.from({ length: count }, (_, i) => ({ room, epoch: "1", seq: first + i, text }));
  return event("messages", { room, entries });
}
