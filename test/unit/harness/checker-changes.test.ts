import { describe, expect, test } from "vitest";
import { checkRun } from "../../harness/checker.ts";
import { type Op, textMark } from "../../harness/checker-journal.ts";
import { refusedBy } from "../../harness/load-end.ts";
import { change, changedRun, changeEntry, changeHistory, goodRun, isOp, kindsOf } from "./good-run.ts";

test("the checker is content with a run of edits, deletes, reactions, tiers and stored marks in which all went well", () => {
  expect(checkRun(changedRun())).toEqual([]);
});

describe("the checker finds", () => {
  test.each(["e1", "d1", "r1", "m4"])("I1 an acknowledged entry that history has not: %s", (id) => {
    expect(kindsOf(changeHistory(changedRun(), (all) => all.filter((entry) => entry.id !== id)))).toContain("I1");
  });

  test.each([
    ["an edit of another message", "e1", { target: 3 }],
    ["a delete by another", "d1", { from: "bob" }],
    ["another emoji", "r1", { emoji: "eyes" }],
    ["a reaction that was set and not taken back", "r3", { on: true }],
    ["a message that became an edit", "m1", { kind: "edit" }],
  ])("I1 what was not sent like this: %s", (_what, id, to) => {
    expect(kindsOf(changeEntry(changedRun(), id, to))).toContain("I1");
  });

  test.each([
    ["the text before its last edit", "m1", { text: `${textMark("e1")} words` }],
    ["the text before all edits", "m1", { text: `${textMark("m1")} words` }],
    ["a text although it was deleted", "m2", { text: `${textMark("m2")} words` }],
    ["that it was not deleted", "m2", { deleted: false }],
    ["a reaction that was taken back", "m3", { reactions: { "+1": ["ann", "bob"] } }],
    ["no reaction although there is one", "m3", { reactions: {} }],
    ["an edit's text although its message was deleted", "e3", { text: `${textMark("e3")} words` }],
    ["no text of its last edit", "e2", { text: undefined }],
    ["the text of an edit before its last", "e1", { text: `${textMark("e1")} words` }],
  ])("I15 a message that shows %s", (_what, id, to) => {
    expect(kindsOf(changeEntry(changedRun(), id, to))).toEqual(["I15"]);
  });

  test.each([{ reactions: { "+1": ["ann"] } }, { deleted: true, text: undefined }])(
    "I1 a change that nobody made: %o",
    (to) => {
      expect(kindsOf(changeEntry(changedRun(), "m4", to))).toContain("I1");
    },
  );

  test.each(["m2", "e3", "m1", "e1"])("I16 a text that was deleted or edited and is still somewhere: %s", (id) => {
    const run = changedRun();
    expect(kindsOf({ ...run, remaining: new Set([...(run.remaining ?? []), textMark(id)]) })).toEqual(["I16"]);
  });

  test.each(["fast", "safe"] as const)("I13 an answer %s where stored was asked for", (tier) => {
    const run = changedRun();
    const ops = run.ops.map((op): Op => (op.op === "ok" && op.id === "m4" ? { ...op, tier } : op));
    expect(kindsOf({ ...run, ops })).toEqual(["I13"]);
  });

  test("I13 an answer below what the deployment promises", () => {
    const run = changedRun();
    expect(kindsOf({ ...run, floor: "fast" })).toEqual([]);
    expect(kindsOf({ ...run, floor: "safe" })).toEqual(["I13"]);
  });

  test("I14 a stored mark over an entry that history has not, or beyond the end", () => {
    const run = changedRun();
    const lost = {
      op: "deliver",
      client: "ann",
      room: "r",
      kind: "message",
      id: "lost",
      from: "bob",
      text: "",
    } as const;
    const later = { epoch: "2", seq: 12 };
    const entries = changeHistory(run, (all) => [...all, { ...(all[3] ?? never()), ...later, id: "m5", text: "m5" }]);
    const invoked: Op = { op: "invoke", sender: "bob", kind: "message", room: "r", id: "m5", text: "m5" };
    const mark = (seq: number, epoch = "1"): Op => ({ op: "stored", client: "ann", room: "r", epoch, seq });
    const found = (...ops: Op[]): boolean =>
      kindsOf({ ...entries, ops: [...run.ops, invoked, ...ops] }).includes("I14");
    const delivered: Op = { ...lost, epoch: "1", seq: 12 };
    expect(found(delivered, mark(12))).toBe(true);
    expect(found(mark(12), delivered)).toBe(true);
    expect(found(mark(13))).toBe(true);
    expect(found(delivered, mark(11))).toBe(false);
    expect(found(delivered, mark(12, "2"))).toBe(false);
  });

  test("I4 a gap that was declared in one epoch, unless messages expire", () => {
    const run = goodRun({ authors: [0, 1, 0, 1] });
    const gap = (epoch: string): Op => ({
      op: "gap",
      client: "ann",
      room: "r",
      after: { epoch: "1", seq: 4 },
      head: { epoch, seq: 4 },
    });
    expect(kindsOf({ ...run, ops: [...run.ops, gap("1")] })).toEqual(["I4"]);
    expect(kindsOf({ ...run, ops: [...run.ops, gap("2")] })).toEqual([]);
    expect(kindsOf({ ...run, ops: [...run.ops, gap("1")], expires: true })).toEqual([]);
  });

  test("I4 a hole after the page that a gap was answered with, but not the page itself", () => {
    const run = goodRun({ authors: [0, 1, 0, 1, 0, 1], newEpochAt: 2 });
    const [after, head] = [{ epoch: "1", seq: 2 }, (seq: number) => ({ epoch: "2", seq })];
    const rejoin = (seq: number): Op[] => [
      { op: "gap", client: "ann", room: "r", after, head: head(seq) },
      { op: "join", client: "ann", room: "r", head: head(seq) },
    ];
    const skipped = (seq: number): string[] => {
      const isMissed = (op: Op): boolean => op.op === "deliver" && op.client === "ann" && [3, 4].includes(op.seq);
      const at = run.ops.findIndex(isMissed);
      const kept = run.ops.map((op, i) => (isMissed(op) ? (i === at ? rejoin(seq) : []) : [op]));
      return kindsOf({ ...run, ops: kept.flat() });
    };
    expect(skipped(4)).toEqual([]);
    expect(skipped(3)).toEqual(["I4"]);
  });

  test("I5 a delivery with a text that the message never had, or without one though nobody deletes it", () => {
    const run = changedRun();
    const deliver = (id: string, text: string | undefined): boolean => {
      const ops = run.ops.map(
        (op): Op => (op.op === "deliver" && op.id === id && op.client === "bob" ? { ...op, text } : op),
      );
      return kindsOf({ ...run, ops }).includes("I5");
    };
    expect(deliver("m1", `${textMark("e3")} words`)).toBe(true);
    expect(deliver("m1", undefined)).toBe(true);
    expect(deliver("e1", `${textMark("e2")} words`)).toBe(true);
    expect(deliver("m1", `${textMark("e1")} words`)).toBe(false);
    expect(deliver("m2", undefined)).toBe(false);
    expect(deliver("e1", undefined)).toBe(false);
    expect(deliver("e3", undefined)).toBe(false);
  });

  test("I10 a change that is refused though nobody deletes its message", () => {
    const refused = (id: string, code: string): string[] => {
      const run = changedRun();
      const ops = run.ops.flatMap((op): Op[] => (op.op === "ok" && op.id === id ? [{ op: "info", id, code }] : [op]));
      return kindsOf({ ...run, ops });
    };
    expect(refused("e1", "CONFLICT")).toEqual(["I10"]);
    expect(refused("d1", "CONFLICT")).toEqual(["I10"]);
    expect(refused("e3", "NOT_FOUND")).toEqual(["I10"]);
    expect(refused("e3", "CONFLICT")).toEqual([]);
    expect(refused("e1", "TIMEOUT")).toEqual([]);
  });
});

describe("where a fault may lose what was acknowledged fast", () => {
  /** The last message is gone with its epoch, and another has its seq in the next one. */
  const lossy = (tier: "fast" | "safe" | "stored"): string[] => {
    const { ops, history } = goodRun({ authors: [0, 1, 0, 1], newEpochAt: 3 });
    const lost = ops.map((op): Op => (op.op === "ok" && op.id === "m3" ? { ...op, tier } : op));
    const kept = changeHistory({ ops: lost, history }, (all) => all.filter(({ id }) => id !== "m3"));
    return kindsOf({ ...kept, losable: new Set(["fast"]) });
  };

  test("the checker allows the loss of that, and of nothing of another tier", () => {
    expect(lossy("fast")).toEqual([]);
    expect(lossy("safe")).toEqual(["I1"]);
    expect(lossy("stored")).toEqual(["I1"]);
  });

  test("an id may get another place in a later epoch, and no other", () => {
    const run = goodRun({ authors: [0, 1, 0, 1], newEpochAt: 3 });
    const [first] = run.ops.filter(isOp("ok"));
    const again = (place: { epoch: string; seq: number }): string[] => {
      const op: Op[] = first === undefined ? [] : [{ ...first, attempt: 0, ...place }];
      return kindsOf({ ...run, ops: [...op, ...run.ops], losable: new Set(["fast"]) });
    };
    expect(again({ epoch: "0", seq: 1 })).toEqual([]);
    expect(again({ epoch: "1", seq: 9 })).toContain("I7");
  });
});

test("a change that lost against a delete is no refusal of the load, a message in conflict is one", () => {
  const run = changedRun();
  const refuse = (pick: number): Record<string, number> =>
    refusedBy(change(run, "ok", pick, ({ id }) => [{ op: "fail", id, code: "CONFLICT" }]).ops);
  expect(refuse(6)).toEqual({});
  expect(refuse(0)).toEqual({ CONFLICT: 1 });
});

function never(): never {
  throw new Error("no such entry");
}
