import { setTimeout as pause } from "node:timers/promises";
import type { Op } from "./checker-journal.ts";
import { LoadClient, type LoadClientOptions } from "./load-client.ts";
import { LoadPlan, type Mix, messagesOnly } from "./load-plan.ts";
import { seededRandom } from "./seeded-random.ts";
import { signTestToken } from "./sign-token.ts";
import { until } from "./until.ts";

export interface LoadOptions {
  readonly seed: number;
  readonly secret: string;
  readonly clients: readonly Pick<LoadClientOptions, "id" | "url" | "rooms" | "polling">[];
  /** Sends begun per second, all clients together, whether or not earlier ones were answered. */
  readonly ratePerSecond: number;
  /** How long one send is tried, ms. */
  readonly deadlineMs?: number;
  /** Of the acknowledged sends, the share that is sent once more with the same id. */
  readonly repeatShare?: number;
  /** Texts are up to about this long. */
  readonly textBytes?: number;
  /** Messages at the tier of the deployment, where nothing is said. */
  readonly mix?: Mix;
}

const defaultRepeatShare = 0.01;
const defaultTextBytes = 150;
const tickMs = 10;

/** Several chat users who send at a steady rate to their rooms, and a journal of all that happens to them. */
export class ChatLoad implements Disposable {
  readonly ops: Op[] = [];
  readonly clients: readonly LoadClient[];
  readonly #options: LoadOptions;
  readonly #random: () => number;
  readonly #plan: LoadPlan;
  readonly #pending = new Set<Promise<void>>();
  #begun = 0;
  #acked = 0;
  #ackedAt: number | undefined;
  #longestSilenceMs = 0;
  #sending: Promise<void> | undefined;
  #stopped = false;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    const { mix = messagesOnly, textBytes = defaultTextBytes } = options;
    this.#plan = new LoadPlan(mix, this.#random, textBytes);
    this.clients = options.clients.map(
      (client) =>
        new LoadClient({
          ...client,
          token: signTestToken(options.secret, { sub: client.id }),
          journal: (op) => this.#note(op),
          random: this.#random,
          deadlineMs: options.deadlineMs ?? 90_000,
        }),
    );
  }

  /** All rooms that anyone is in. */
  get rooms(): readonly string[] {
    return [...new Set(this.#options.clients.flatMap(({ rooms }) => rooms))];
  }

  /** Sends that were acknowledged. */
  get acked(): number {
    return this.#acked;
  }

  /** The longest time between two acknowledgements, ms: how long nobody could send anything. */
  get longestSilenceMs(): number {
    return this.#longestSilenceMs;
  }

  /** Sends without an end. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Resolves when everyone is in their rooms. */
  async join(within = 30_000): Promise<void> {
    await until(() => this.clients.every((client) => client.isLive), { within });
  }

  /** Begins to send, until `finish`. */
  begin(): void {
    this.#sending = this.#send();
  }

  /** Resolves when so many sends are acknowledged. */
  async reach(acked: number, within = 240_000): Promise<void> {
    await until(() => this.#acked >= acked, { within });
  }

  /** Stops sending and waits until every send has ended and everyone is in their rooms again. */
  async finish(within = 30_000): Promise<void> {
    this.#stopped = true;
    await this.#sending;
    await Promise.all(this.#pending);
    await this.join(within);
  }

  close(): void {
    this.#stopped = true;
    for (const client of this.clients) client.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #note(op: Op): void {
    this.ops.push(op);
    this.#plan.note(op);
    if (op.op !== "ok" || op.attempt === 0) return;
    this.#acked += 1;
    const now = performance.now();
    this.#longestSilenceMs = Math.max(this.#longestSilenceMs, now - (this.#ackedAt ?? now));
    this.#ackedAt = now;
  }

  async #send(): Promise<void> {
    const startedAt = performance.now();
    while (!this.#stopped) {
      const due = ((performance.now() - startedAt) * this.#options.ratePerSecond) / 1_000;
      while (this.#begun < due) this.#sendOne();
      await pause(tickMs);
    }
  }

  #sendOne(): void {
    const number = ++this.#begun;
    const client = this.#pick(this.clients);
    const room = this.#pick([...client.rooms.keys()]);
    const outgoing = this.#plan.next(client.id, room, `${client.id}-${number}`);
    const { repeatShare = defaultRepeatShare } = this.#options;
    const sent = client.send(outgoing).then(() => (this.#random() < repeatShare ? client.repeat(outgoing) : undefined));
    this.#pending.add(sent);
    void sent.finally(() => this.#pending.delete(sent));
  }

  #pick<T>(from: readonly T[]): T {
    const one = from[Math.floor(this.#random() * from.length)];
    if (one === undefined) throw new Error("nothing to pick from");
    return one;
  }
}
