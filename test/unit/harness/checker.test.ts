import { describe, expect, test } from "vitest";
import { checkRun } from "../../harness/checker.ts";
import type { Op, Recorded, Run } from "../../harness/checker-journal.ts";
import { checkTrims } from "../../harness/checker-trims.ts";
import type { TrimRecord } from "../../harness/flaws.ts";
import { allowsGoodRuns, change, changeHistory, finds, goodRun, isOp, kindsOf, senders } from "./good-run.ts";

test("the checker is content with runs in which all went well", allowsGoodRuns);

describe("the checker finds", () => {
  test("I1 an acknowledged message that history has not", () => {
    finds("I1", (run, pick) => changeHistory(run, (all) => all.filter((_, i) => i !== pick % all.length)));
  });

  test("I1 a message that is there twice", () => {
    finds("I1", (run) =>
      changeHistory(run, (all) => [...all, ...all.slice(0, 1).map((e) => ({ ...e, seq: all.length + 1 }))]),
    );
  });

  test("I1 a message with another text, sender or place than was acknowledged", () => {
    const spoil = (to: (entry: Recorded) => Recorded) => (run: Run, pick: number) =>
      changeHistory(run, (all) => all.map((entry, i) => (i === pick % all.length ? to(entry) : entry)));
    finds(
      "I1",
      spoil((entry) => ({ ...entry, text: "other" })),
    );
    finds(
      "I1",
      spoil((entry) => ({ ...entry, from: "eve" })),
    );
    finds(
      "I1",
      spoil((entry) => ({ ...entry, epoch: "7" })),
    );
  });

  test("I1 a placeholder where an acknowledged message should be", () => {
    finds("I1", (run) =>
      changeHistory(run, (all) => all.map((e, i) => (i === 0 ? { ...e, kind: "system", id: "held" } : e))),
    );
  });

  test("I2 a message that nobody sent, or whose send was refused", () => {
    finds("I2", (run, pick) => change(run, "invoke", pick, () => []));
    finds("I2", (run, pick) => change(run, "ok", pick, ({ id }) => [{ op: "fail", id, code: "FORBIDDEN" }]));
  });

  test("I3 a hole, a place that is used again, and an epoch that goes back", () => {
    finds("I3", (run) => changeHistory(run, (all) => all.filter((_, i) => i !== 0)));
    finds("I3", (run) => changeHistory(run, (all) => all.map((e, i) => (i === 1 ? { ...e, epoch: "2", seq: 1 } : e))));
    finds("I3", (run) => changeHistory(run, (all) => all.map((e, i) => (i === 1 ? { ...e, epoch: "0" } : e))));
  });

  test("I4 a delivery that is left out, repeated or out of order", () => {
    finds("I4", (run) => change(run, "deliver", 0, () => []));
    finds("I4", (run, pick) => change(run, "deliver", pick, (op) => [op, op]));
    finds("I4", (run) => {
      const [first, , second] = run.ops.filter(isOp("deliver"));
      const swap = new Map<Op | undefined, Op | undefined>([
        [first, second],
        [second, first],
      ]);
      return { ...run, ops: run.ops.map((op) => swap.get(op) ?? op) };
    });
  });

  test("I5 a delivery that history does not have, or has otherwise", () => {
    finds("I5", (run) => {
      const last = run.ops.findLast(isOp("deliver"));
      return {
        ...run,
        ops: [...run.ops, ...(last === undefined ? [] : [{ ...last, seq: last.seq + 1, id: "ghost" }])],
      };
    });
    finds("I5", (run, pick) => change(run, "deliver", pick, (op) => [{ ...op, text: "other" }]));
  });

  test("I6 a message that was sent after another was acknowledged but comes before it", () => {
    const { ops, history } = goodRun({ authors: [0, 1, 0] });
    const swapped = ops.map((op) => (op.op === "ok" && op.seq < 3 ? { ...op, seq: 3 - op.seq } : op));
    expect(kindsOf({ ops: swapped, history })).toContain("I6");
  });

  test("I6 sends of one connection that overtake each other, also across epochs, but not retries or other connections", () => {
    const invoke = (id: string): Op => ({ op: "invoke", sender: "ann", kind: "message", room: "r", id, text: "" });
    const ok = (id: string, seq: number, changes: Partial<Extract<Op, { readonly op: "ok" }>> = {}): Op => {
      const place = { room: "r", epoch: "1", seq } as const;
      return { op: "ok", id, tier: "fast", sender: "ann", connection: "ann/1", attempt: 1, ...place, ...changes };
    };
    const first = [invoke("a"), ok("a", 1)];
    const both = [invoke("b"), invoke("c")];
    const found = (ops: Op[]): boolean => kindsOf({ ops, history: new Map() }).includes("I6");
    expect(found([...first, ...both, ok("b", 3), ok("c", 2)])).toBe(true);
    expect(found([...first, ...both, ok("c", 2), ok("b", 3)])).toBe(true);
    expect(found([...first, ...both, ok("b", 2), ok("c", 3)])).toBe(false);
    expect(found([...first, ...both, ok("b", 3), ok("c", 2, { attempt: 2 })])).toBe(false);
    expect(found([...first, ...both, ok("b", 3), ok("c", 2, { connection: "ann/2" })])).toBe(false);
    expect(found([...first, ...both, ok("b", 3, { epoch: "2" }), ok("c", 2, { epoch: "2" })])).toBe(true);
  });

  test("I7 an id with two places", () => {
    finds("I7", (run, pick) => change(run, "ok", pick, (op) => [op, { ...op, seq: op.seq + 1 }]));
  });

  test("I10 a send without an end, without an answer, or with an error that has no code", () => {
    finds("I10", (run, pick) => change(run, "ok", pick, () => []));
    finds("I10", (run, pick) => change(run, "ok", pick, (op) => [{ op: "hang", id: op.id }, op]));
    finds("I10", (run, pick) => change(run, "ok", pick, ({ id }) => [{ op: "info", id, code: "WHATEVER" }]));
  });

  test("I11 a delivery to one who is not in the room", () => {
    finds("I11", (run, pick) => change(run, "deliver", pick, (op) => [op, { ...op, client: "eve" }]));
  });

  test("I12 a client that is left behind", () => {
    finds("I12", (run) => {
      const last = run.ops.findLast(isOp("deliver"));
      return { ...run, ops: run.ops.filter((op) => op !== last) };
    });
  });
});

describe("the checker allows", () => {
  test("a gap that was declared", () => {
    const run = goodRun({ authors: [0, 1, 0, 1] });
    const declared = change(run, "deliver", 2, ({ client, room }) => [
      { op: "gap", client, room, after: { epoch: "1", seq: 1 }, head: { epoch: "2", seq: 4 } },
    ]);
    expect(checkRun(declared)).toEqual([]);
  });

  test("an unacknowledged send that is there or is not", () => {
    const run = goodRun({ authors: [0, 1, 0] });
    const unknown = change(run, "ok", 2, ({ id }) => [{ op: "info", id, code: "TIMEOUT" }]);
    expect(checkRun(unknown)).toEqual([]);
    const absent = changeHistory(unknown, (all) => all.slice(0, 2));
    expect(
      kindsOf({ ...absent, ops: absent.ops.filter((op) => (op.op !== "deliver" && op.op !== "stored") || op.seq < 3) }),
    ).toEqual([]);
  });

  test("a delivery of an epoch that lost its tail, and seqs that go on after it", () => {
    const { ops, history } = goodRun({ authors: [0, 1, 0, 1], newEpochAt: 3 });
    const lost: Op[] = ops.flatMap((op): Op[] =>
      op.op === "ok" && op.seq === 3 ? [{ op: "info", id: op.id, code: "UNAVAILABLE" }] : [op],
    );
    const kept = new Map([...history].map(([room, entries]) => [room, entries.filter(({ seq }) => seq !== 3)]));
    expect(checkRun({ ops: lost, history: kept })).toEqual([]);
  });

  test("a new epoch in which nothing was written yet", () => {
    const run = goodRun({ authors: [0, 1] });
    const head = { epoch: "2", seq: 2 };
    const ops: Op[] = [...run.ops, ...senders.map((client): Op => ({ op: "join", client, room: "r", head }))];
    expect(checkRun({ ...run, ops })).toEqual([]);
  });
});

test("a journal of a quarter of a million lines is checked in one go, and what is shown stays short", () => {
  const run = goodRun({ authors: Array.from({ length: 60_000 }, (_, i) => i % 2) });
  expect(checkRun(run)).toEqual([]);
  expect(checkRun({ ...run, history: new Map() }).length).toBeLessThan(20);
});

test("the checker finds I8 a trim of a leader whose time is over, and no other", () => {
  const trim = (partition: number, token: number): TrimRecord => ({ pid: 1, partition, token, upTo: "" });
  expect(checkTrims([trim(0, 1), trim(1, 2), trim(0, 1), trim(0, 2), trim(0, 2)])).toEqual([]);
  expect(checkTrims([trim(0, 1), trim(0, 2), trim(0, 1)])).toMatchObject([{ invariant: "I8" }]);
});
