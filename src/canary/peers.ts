import type { Entry } from "../chat/entry.ts";
import type { Clock } from "../kernel/clock.ts";

export interface PeersOptions {
  /** Who we are in the room. */
  readonly user: string;
  readonly clock: Pick<Clock, "monotonic">;
  /** Another gateway's canary has had our message: how long it took to get there and back, ms. */
  readonly onAnswered: (ms: number) => void;
  /** Others were there before our message and speak, and none of them has had it. */
  readonly onUnanswered: () => void;
}

/** Says that a message was received, and how long it lay there before this was sent, ms. */
export interface Receipt {
  readonly id: string;
  readonly heldMs: number;
}

interface Mine {
  readonly at: number;
  /** Those who were there when it was sent, and how often they have spoken since. */
  readonly spoken: Map<string, number>;
}

/** Receipts that one message carries, for the newest that came since the last one. */
const maxReceipts = 8;
/** Own messages that still wait for a receipt. */
const maxWaiting = 4;
/** Others that are remembered. */
const maxOthers = 64;
/** The next message of another may have crossed with ours; the one after it must say that it had ours. */
const mustHaveHad = 2;

/**
 * How long a message takes to another gateway, on one clock. Each canary's message says which others came since its last one and for how long it
 * held each of them: the sender takes that off the time until it heard so. No message is sent for it.
 */
export class Peers {
  readonly #options: PeersOptions;
  readonly #mine = new Map<string, Mine>();
  /** The last message of each. */
  readonly #others = new Map<string, string>();
  #heard: { readonly id: string; readonly at: number }[] = [];

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  /** Our next message goes out now. Returns the receipts that it is to carry. */
  sending(id: string): readonly Receipt[] {
    const at = this.#options.clock.monotonic();
    const receipts = this.#heard.map((heard) => ({ id: heard.id, heldMs: at - heard.at }));
    this.#heard = [];
    this.#mine.set(id, { at, spoken: new Map([...this.#others.keys()].map((other) => [other, 0])) });
    forgetOldest(this.#mine, maxWaiting);
    return receipts;
  }

  /** A message of the room. Own ones and those that came before do not count. */
  heard({ from, id, meta }: Entry): void {
    if (from.id === this.#options.user || this.#others.get(from.id) === id) return;
    this.#others.delete(from.id);
    this.#others.set(from.id, id);
    forgetOldest(this.#others, maxOthers);
    const at = this.#options.clock.monotonic();
    this.#heard = [...this.#heard, { id, at }].slice(-maxReceipts);
    for (const receipt of receiptsIn(meta)) this.#answered(receipt, at);
    for (const [mineId, { spoken }] of this.#mine) this.#hasSpoken(mineId, spoken, from.id);
  }

  #answered({ id, heldMs }: Receipt, at: number): void {
    const mine = this.#mine.get(id);
    if (mine === undefined) return;
    this.#mine.delete(id);
    this.#options.onAnswered(Math.max(0, at - mine.at - heldMs));
  }

  #hasSpoken(id: string, spoken: Map<string, number>, other: string): void {
    const before = spoken.get(other);
    if (before === undefined) return;
    spoken.set(other, before + 1);
    if (before + 1 < mustHaveHad) return;
    this.#mine.delete(id);
    this.#options.onUnanswered();
  }
}

function forgetOldest(map: Map<string, unknown>, max: number): void {
  const [oldest] = map.keys();
  if (map.size > max && oldest !== undefined) map.delete(oldest);
}

/** Gateways of another version may say anything. */
function receiptsIn(meta: Entry["meta"]): readonly Receipt[] {
  const receipts = meta?.["receipts"];
  return Array.isArray(receipts) ? receipts.filter(isReceipt).slice(0, maxReceipts) : [];
}

function isReceipt(value: unknown): value is Receipt {
  if (typeof value !== "object" || value === null) return false;
  const { id, heldMs }: { id?: unknown; heldMs?: unknown } = value;
  return typeof id === "string" && typeof heldMs === "number" && heldMs >= 0;
}
