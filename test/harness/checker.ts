import { checkContiguous, checkFeeds } from "./checker-feeds.ts";
import type { Invariant, Run, Violation } from "./checker-journal.ts";
import { checkMarks } from "./checker-marks.ts";
import { readSends } from "./checker-sends.ts";
import { checkStored } from "./checker-stored.ts";

/** Of each invariant, so that a broken run stays readable. */
const shownPerInvariant = 5;

/** Which of the promises a run broke. Pure, and linear in the size of the journal and the history. */
export function checkRun(run: Run): Violation[] {
  const violations: Violation[] = [];
  const counts = new Map<Invariant, number>();
  const report = (invariant: Invariant, detail: string): void => {
    const count = (counts.get(invariant) ?? 0) + 1;
    counts.set(invariant, count);
    if (count <= shownPerInvariant) violations.push({ invariant, detail });
  };
  const sends = readSends(run, report);
  checkStored(run, sends, report);
  checkContiguous(run, report);
  checkFeeds(run, sends, report);
  checkMarks(run, sends, report);
  return violations;
}
