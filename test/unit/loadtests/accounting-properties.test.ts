import fc from "fast-check";
import { expect, test } from "vitest";
import { Ledger } from "../../../loadtests/lib/accounting.ts";
import { emptyVerdict } from "../../../loadtests/lib/verdict.ts";

const ada = { member: "ada", room: "r" };
const place = (seq: number) => ({ epoch: "1", seq });
const entry = (seq: number) => ({ ...place(seq), id: `m${seq}` });

/** What becomes of a push on its way to the member. */
type Fate = "arrives" | "drops" | "repeats";

/** What a member must come to, from the plain list of what arrived. */
function expectedOf(fates: readonly Fate[]) {
  const seqs = fates.flatMap((fate, i) => (fate === "arrives" || fate === "repeats" ? [i + 1] : []));
  return {
    delivered: seqs.length,
    missing: fates.length - seqs.length,
    duplicated: fates.filter((fate) => fate === "repeats").length,
  };
}

const fates = fc.array(fc.constantFrom<Fate>("arrives", "drops", "repeats"), { maxLength: 60 });

test("whatever is dropped or repeated is counted, each one", () => {
  fc.assert(
    fc.property(fates, (run) => {
      const ledger = new Ledger();
      ledger.joined(ada, place(0));
      for (const [i, fate] of run.entries()) {
        if (fate !== "drops") ledger.delivered(ada, entry(i + 1), 0);
        if (fate === "repeats") ledger.delivered(ada, entry(i + 1), 0);
      }
      ledger.stored(
        "r",
        run.map((_, i) => entry(i + 1)),
      );
      expect(ledger.verdict()).toMatchObject({ ...expectedOf(run), outOfOrder: 0 });
    }),
  );
});

test("in any order each entry is delivered once, and each that comes after a later one is out of order", () => {
  const shuffled = fc.integer({ min: 1, max: 40 }).chain((length) => {
    const seqs = Array.from({ length }, (_, i) => i + 1);
    return fc.shuffledSubarray(seqs, { minLength: length });
  });
  fc.assert(
    fc.property(shuffled, (seqs) => {
      const ledger = new Ledger();
      ledger.joined(ada, place(0));
      for (const seq of seqs) ledger.delivered(ada, entry(seq), 0);
      const late = seqs.filter((seq, i) => seqs.slice(0, i).some((before) => before > seq));
      expect(ledger.verdict()).toMatchObject({
        delivered: seqs.length,
        missing: 0,
        duplicated: 0,
        outOfOrder: late.length,
      });
    }),
  );
});

test("a catch-up from where the member is leaves nothing missing, whatever was dropped", () => {
  fc.assert(
    fc.property(fates, fc.boolean(), (run, away) => {
      const ledger = new Ledger();
      ledger.joined(ada, place(0));
      for (const [i, fate] of run.entries()) if (fate === "arrives") ledger.delivered(ada, entry(i + 1), 0);
      if (away) ledger.left(ada);
      const after = ledger.placeOf(ada)?.seq ?? 0;
      const entries = run.map((_, i) => entry(i + 1)).slice(after);
      ledger.caughtUp(ada, { head: place(run.length), entries });
      const pushed = run.filter((fate) => fate === "arrives").length;
      expect(ledger.verdict()).toMatchObject({
        delivered: pushed,
        caughtUp: run.length - pushed,
        missing: 0,
        duplicated: 0,
        outOfOrder: 0,
      });
      expect(ledger.placeOf(ada)).toEqual(place(run.length));
    }),
  );
});

test("accepted is what is stored and what is lost, whatever the history has", () => {
  const sends = fc.array(fc.record({ answered: fc.boolean(), kept: fc.boolean() }), { maxLength: 40 });
  fc.assert(
    fc.property(sends, (run) => {
      const ledger = new Ledger();
      for (const [i, { answered }] of run.entries()) {
        ledger.sent({ id: `m${i + 1}`, room: "r", at: 0 });
        if (answered) ledger.acknowledged({ ...entry(i + 1), room: "r", at: 1 });
      }
      ledger.stored(
        "r",
        run.flatMap(({ kept }, i) => (kept ? [entry(i + 1)] : [])),
      );
      const { accepted, stored, lost, unanswered, sent } = ledger.verdict();
      expect({ ...emptyVerdict, accepted, stored, lost, unanswered, sent }).toEqual({
        ...emptyVerdict,
        sent: run.length,
        accepted: run.filter(({ answered }) => answered).length,
        stored: run.filter(({ answered, kept }) => answered && kept).length,
        lost: run.filter(({ answered, kept }) => answered && !kept).length,
        unanswered: run.filter(({ answered }) => !answered).length,
      });
    }),
  );
});
