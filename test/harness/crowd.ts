import { setTimeout as pause } from "node:timers/promises";
import type { Position } from "../../src/chat/position.ts";
import { isEntries, isObject, isPosition, readAnswer } from "./load-wire.ts";
import type { RawReader } from "./raw-reader.ts";

/** A member of Weir's room `hot`, with the seqs it was given, in the order in which it takes them for good. */
export class HotMember {
  reader: RawReader;
  readonly seqs: number[] = [];
  /** How often the server told it to ask from its last position. */
  resyncs = 0;
  /** From sending to delivery, ms, since `forgetDelays`. */
  delays: number[] = [];
  #at: Position = { epoch: "0", seq: 0 };
  #missing = false;

  constructor(reader: RawReader) {
    this.reader = reader;
    reader.listener = (event, payload) => this.#hear(event, payload);
  }

  async join(): Promise<void> {
    const answer = await this.reader.ask("room:join", { room: "hot", limit: 1 });
    if (!isObject(answer) || !isPosition(answer["head"])) throw new Error(`no join: ${JSON.stringify(answer)}`);
    this.#at = answer["head"];
  }

  /** Asks, page by page, for all that it has not; by another connection where it was cut off. */
  async comeBack(reader: RawReader = this.reader): Promise<void> {
    this.reader = reader;
    this.#missing = false;
    for (;;) {
      const answer = await this.reader.ask("room:join", { room: "hot", after: this.#at, limit: 200 });
      if (!isObject(answer) || !isEntries(answer["entries"])) throw new Error(`no join: ${JSON.stringify(answer)}`);
      for (const entry of answer["entries"]) this.#keep(entry);
      if (answer["more"] !== true) return;
    }
  }

  forgetDelays(): number[] {
    const { delays } = this;
    this.delays = [];
    return delays;
  }

  #hear(event: string, payload: unknown): void {
    if (!isObject(payload) || payload["room"] !== "hot") return;
    if (event === "room:resync") {
      this.resyncs += 1;
      this.#missing = true;
    }
    const { entries } = payload;
    if (event !== "messages" || this.#missing || !isEntries(entries)) return;
    const now = performance.now();
    for (const entry of entries) {
      this.#keep(entry);
      this.delays.push(now - Number(entry.text?.split(" ")[0]));
    }
  }

  #keep({ epoch, seq }: Position): void {
    this.#at = { epoch, seq };
    this.seqs.push(seq);
  }
}

/** Sends until it is acknowledged: a busy machine lets requests pile up beyond what one connection may have open. */
export async function sendMessage(sender: RawReader | undefined, message: object): Promise<void> {
  for (;;) {
    const outcome = readAnswer(await sender?.ask("message:send", message));
    if (outcome.kind === "ok") return;
    if (!outcome.error.retryable) throw new Error(outcome.error.code);
    await pause(outcome.error.retryAfterMs ?? 100);
  }
}

/** Calls `send` so often a second, in handfuls of five, whatever comes of it. Resolves when all are answered. */
export async function sendPaced(
  count: number,
  ratePerSecond: number,
  send: (i: number) => Promise<unknown>,
): Promise<void> {
  const start = performance.now();
  const answers: Promise<unknown>[] = [];
  while (answers.length < count) {
    for (let k = 0; k < 5; k++) answers.push(send(answers.length));
    await pause(Math.max(0, start + (answers.length / ratePerSecond) * 1_000 - performance.now()));
  }
  await Promise.all(answers);
}

/** Sends as fast as answers come, 20 under way. */
export async function sendAll(count: number, send: (i: number) => Promise<unknown>): Promise<void> {
  for (let i = 0; i < count; i += 20) await Promise.all(Array.from({ length: 20 }, (_, k) => send(i + k)));
}

export async function many<T>(count: number, make: (i: number) => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  for (let i = 0; i < count; i += 25)
    made.push(...(await Promise.all(Array.from({ length: Math.min(25, count - i) }, (_, k) => make(i + k)))));
  return made;
}

/** @param share 0.95 gives the 95th percentile */
export function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? 0;
}
