import type { Durability } from "../../src/protocol/schemas.ts";
import { type Op, type Outgoing, textMark } from "./checker-journal.ts";

/** What a load sends, and how often. */
export interface Mix {
  /** Share of edits, deletes and reactions among what is sent; 0 sends messages only. */
  readonly changes: number;
  /** After so many there are messages only; without a bound where nothing is said. */
  readonly mostChanges?: number;
  /** Tiers that messages ask for, drawn evenly; `undefined` asks for none. */
  readonly tiers: readonly (Durability | undefined)[];
}

export const messagesOnly: Mix = { changes: 0, tiers: [undefined] };
/** Everything that a client can send, mostly messages at the tier of the deployment: what waits for the store holds a place meanwhile. */
export const everything: Mix = {
  changes: 0.12,
  tiers: [...Array.from({ length: 27 }, () => undefined), "fast", "fast", "fast", "safe", "stored"],
};

export const everyTier: Mix = { ...everything, changes: 0 };
/** For servers that scan for each change that they fold into its message, and fall behind while they do. */
export const fewChanges: Mix = { ...everything, changes: 0.02, mostChanges: 30 };

/** Whether an answer may wait for the store: `safe` does where the log has no replica. */
export function mayWait(tier: Durability | undefined): boolean {
  return tier === "safe" || tier === "stored";
}

/** A message that was acknowledged and that nobody deletes. */
interface Target {
  readonly sender: string;
  readonly seq: number;
}

/** Of each room, so that what is changed is in the log's tail still. */
const targetsKept = 40;
const emoji = ["+1", "heart", "eyes"] as const;

/** Draws what is sent next. */
export class LoadPlan {
  readonly #mix: Mix;
  readonly #random: () => number;
  readonly #textBytes: number;
  readonly #targets = new Map<string, Target[]>();
  readonly #messages = new Set<string>();
  #changes = 0;

  constructor(mix: Mix, random: () => number, textBytes: number) {
    this.#mix = mix;
    this.#random = random;
    this.#textBytes = textBytes;
  }

  next(sender: string, room: string, id: string): Outgoing {
    const { changes, mostChanges = Infinity } = this.#mix;
    if (this.#changes < mostChanges && this.#random() < changes) {
      const change = this.#change(sender, room, id);
      if (change !== undefined) this.#changes += 1;
      if (change !== undefined) return change;
    }
    const tier = this.#pick(this.#mix.tiers);
    this.#messages.add(id);
    return { kind: "message", room, id, text: this.#text(id), ...(tier === undefined ? {} : { tier }) };
  }

  /** Lets acknowledged messages be changed. */
  note(op: Op): void {
    if (op.op !== "ok" || this.#mix.changes === 0 || !this.#messages.delete(op.id)) return;
    const targets = this.#targets.get(op.room) ?? [];
    this.#targets.set(op.room, [...targets, { sender: op.sender, seq: op.seq }].slice(-targetsKept));
  }

  #change(sender: string, room: string, id: string): Outgoing | undefined {
    const all = this.#targets.get(room) ?? [];
    const own = all.filter((target) => target.sender === sender);
    const draw = this.#random();
    const target = this.#pick(draw < 0.5 ? all : own);
    if (target === undefined) return undefined;
    const about = { room, id, target: target.seq };
    if (draw < 0.5) return { kind: "reaction", ...about, emoji: this.#pick(emoji) ?? "", on: this.#random() < 0.7 };
    if (draw < 0.8) return { kind: "edit", ...about, text: this.#text(id) };
    this.#targets.set(
      room,
      all.filter((one) => one !== target),
    );
    return { kind: "delete", ...about };
  }

  #text(id: string): string {
    return `${textMark(id)} ${"x".repeat(Math.floor(this.#random() * this.#textBytes))}`;
  }

  #pick<T>(from: readonly T[]): T | undefined {
    return from[Math.floor(this.#random() * from.length)];
  }
}
