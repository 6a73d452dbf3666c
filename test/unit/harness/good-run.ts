import * as fc from "fast-check";
import { expect } from "vitest";
import { checkRun } from "../../harness/checker.ts";
import { type Op, type Outgoing, type Recorded, type Run, textMark } from "../../harness/checker-journal.ts";

export const senders = ["ann", "bob"] as const;
const start = { epoch: "1", seq: 0 };

export interface Plan {
  /** Which of the two sends each message. */
  readonly authors: readonly number[];
  /** Before which message the log lost its tail and began a new epoch. */
  readonly newEpochAt?: number;
}

const plan = fc.record(
  { authors: fc.array(fc.nat(1), { minLength: 3, maxLength: 40 }), newEpochAt: fc.integer({ min: 1, max: 40 }) },
  { requiredKeys: ["authors"] },
);

type Step = Outgoing & { readonly sender: string; readonly epoch: string };

const asNothing = { target: undefined, emoji: undefined, on: undefined, text: undefined } as const;

/** A run in which all went well: everyone sends, is answered, sees everything, and hears that it is stored. */
function runOf(steps: readonly Step[]): { ops: Op[]; entries: Recorded[] } {
  const ops: Op[] = senders.map((client) => ({ op: "join", client, room: "r", head: start }));
  const entries: Recorded[] = [];
  for (const [i, { sender, epoch, ...sent }] of steps.entries()) {
    const [place, { id, kind, text }] = [{ epoch, seq: i + 1 }, sent];
    ops.push({ op: "invoke", sender, ...sent });
    for (const client of senders)
      ops.push({ op: "deliver", client, room: "r", kind, id, from: sender, text, ...place });
    ops.push({ op: "ok", sender, room: "r", id, tier: sent.tier ?? "fast", attempt: 1, connection: sender, ...place });
    const { tier: _tier, room: _room, ...stored } = sent;
    entries.push({ ...asNothing, ...stored, from: sender, deleted: false, reactions: {}, ...place });
  }
  const last = entries.at(-1) ?? start;
  for (const client of senders) ops.push({ op: "stored", client, room: "r", epoch: last.epoch, seq: last.seq });
  return { ops, entries };
}

export function goodRun({ authors, newEpochAt = Infinity }: Plan): {
  ops: Op[];
  history: Map<string, readonly Recorded[]>;
} {
  const steps = authors.map((author, i): Step => {
    const id = `m${i + 1}`;
    const epoch = i < newEpochAt ? "1" : "2";
    return { kind: "message", room: "r", id, text: `text ${i + 1}`, sender: senders[author % 2] ?? "ann", epoch };
  });
  const { ops, entries } = runOf(steps);
  return { ops, history: new Map([["r", entries]]) };
}

/**
 * The first message is edited twice, the second edited and deleted, the third gets reactions of which one is taken back, and the fourth
 * waits for the store.
 */
export function changedRun(): Run {
  const of = (sender: string, id: string, rest: Omit<Outgoing, "room" | "id">): Step => {
    const text = rest.kind === "message" || rest.kind === "edit" ? { text: `${textMark(id)} words` } : {};
    return { room: "r", id, sender, epoch: "1", ...text, ...rest };
  };
  const { ops, entries } = runOf([
    of("ann", "m1", { kind: "message" }),
    of("ann", "m2", { kind: "message" }),
    of("bob", "m3", { kind: "message" }),
    of("bob", "m4", { kind: "message", tier: "stored" }),
    of("ann", "e1", { kind: "edit", target: 1 }),
    of("ann", "e2", { kind: "edit", target: 1 }),
    of("ann", "e3", { kind: "edit", target: 2 }),
    of("ann", "d1", { kind: "delete", target: 2 }),
    of("ann", "r1", { kind: "reaction", target: 3, emoji: "+1", on: true }),
    of("bob", "r2", { kind: "reaction", target: 3, emoji: "+1", on: true }),
    of("ann", "r3", { kind: "reaction", target: 3, emoji: "+1", on: false }),
  ]);
  const folded: Readonly<Record<string, Partial<Recorded>>> = {
    m1: { text: `${textMark("e2")} words` },
    e1: { text: undefined },
    m2: { text: undefined, deleted: true },
    e3: { text: undefined },
    m3: { reactions: { "+1": ["bob"] } },
  };
  const history = new Map([["r", entries.map((entry) => ({ ...entry, ...folded[entry.id] }))]]);
  return { ops, history, remaining: new Set(["m3", "m4", "e2"].map(textMark)) };
}

export function kindsOf(run: Run): string[] {
  return [...new Set(checkRun(run).map(({ invariant }) => invariant))].sort();
}

export function isOp<K extends Op["op"]>(kind: K): (op: Op) => op is Extract<Op, { readonly op: K }> {
  return (op): op is Extract<Op, { readonly op: K }> => op.op === kind;
}

/** Changes one op of a kind, or takes it out. */
export function change<K extends Op["op"]>(
  run: Run,
  kind: K,
  pick: number,
  to: (op: Extract<Op, { readonly op: K }>) => Op[],
): Run {
  const chosen = run.ops.filter(isOp(kind));
  const target = chosen[pick % chosen.length];
  return { ...run, ops: run.ops.flatMap((op) => (op === target && target !== undefined ? to(target) : [op])) };
}

export function changeHistory(run: Run, to: (entries: readonly Recorded[]) => readonly Recorded[]): Run {
  return { ...run, history: new Map([...run.history].map(([room, entries]) => [room, to(entries)])) };
}

/** Changes one entry of the history. */
export function changeEntry(run: Run, id: string, to: Partial<Recorded>): Run {
  return changeHistory(run, (all) => all.map((entry) => (entry.id === id ? { ...entry, ...to } : entry)));
}

/** Any run of messages in which all went well is left alone. */
export function allowsGoodRuns(): void {
  fc.assert(
    fc.property(plan, (chosen) => {
      expect(checkRun(goodRun(chosen))).toEqual([]);
    }),
  );
}

/** In any good run, the damage is found, as this. */
export function finds(invariant: string, damage: (run: Run, pick: number) => Run): void {
  fc.assert(
    fc.property(plan, fc.nat(10_000), (chosen, pick) => {
      expect(kindsOf(damage(goodRun(chosen), pick))).toContain(invariant);
    }),
    { numRuns: 50 },
  );
}
