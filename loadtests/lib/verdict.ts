import { addHistograms, emptyHistogram, type Histogram } from "./histogram.ts";

/** What a ledger says of a run. Plain numbers, so that the verdicts of many processes can be sent and added. */
export interface Verdict {
  readonly sent: number;
  /** Sends that were acknowledged, each once. */
  readonly accepted: number;
  /** By code. */
  readonly refusedBy: Readonly<Record<string, number>>;
  /** Sends without any answer: whether they count is not known. */
  readonly unanswered: number;
  /** Accepted, and found in the history where the answer said. */
  readonly stored: number;
  /** Accepted, and not there. */
  readonly lost: number;
  /** Accepted, of rooms whose history was not read: nobody looked. */
  readonly unread: number;
  /** Found in the history at another place than where it is said to be. */
  readonly storedTwice: number;
  /** Pushed to a member of the room, summed over all members; repeats are not in it. */
  readonly delivered: number;
  /** Entries that members were in the room for and have not got, pushed or by catch-up. */
  readonly missing: number;
  /** Pushed to a member who had it. */
  readonly duplicated: number;
  /** Pushed after a later one, or at different places to different members. */
  readonly outOfOrder: number;
  /** Catch-ups that brought something. */
  readonly gapsFilled: number;
  /** Entries that came by catch-up. */
  readonly caughtUp: number;
  /** Entries of which the server said that they can't be given back. */
  readonly declared: number;
  /** From the send to its answer, ms. */
  readonly ack: Histogram;
  /** From the send to its arrival at a member, ms. */
  readonly delivery: Histogram;
}

export const emptyVerdict: Verdict = {
  sent: 0,
  accepted: 0,
  refusedBy: {},
  unanswered: 0,
  stored: 0,
  lost: 0,
  unread: 0,
  storedTwice: 0,
  delivered: 0,
  missing: 0,
  duplicated: 0,
  outOfOrder: 0,
  gapsFilled: 0,
  caughtUp: 0,
  declared: 0,
  ack: emptyHistogram,
  delivery: emptyHistogram,
};

export function addVerdicts(a: Verdict, b: Verdict): Verdict {
  const refusedBy: Record<string, number> = { ...a.refusedBy };
  for (const [code, count] of Object.entries(b.refusedBy)) refusedBy[code] = (refusedBy[code] ?? 0) + count;
  return {
    sent: a.sent + b.sent,
    accepted: a.accepted + b.accepted,
    refusedBy,
    unanswered: a.unanswered + b.unanswered,
    stored: a.stored + b.stored,
    lost: a.lost + b.lost,
    unread: a.unread + b.unread,
    storedTwice: a.storedTwice + b.storedTwice,
    delivered: a.delivered + b.delivered,
    missing: a.missing + b.missing,
    duplicated: a.duplicated + b.duplicated,
    outOfOrder: a.outOfOrder + b.outOfOrder,
    gapsFilled: a.gapsFilled + b.gapsFilled,
    caughtUp: a.caughtUp + b.caughtUp,
    declared: a.declared + b.declared,
    ack: addHistograms(a.ack, b.ack),
    delivery: addHistograms(a.delivery, b.delivery),
  };
}

export function refusedIn({ refusedBy }: Verdict): number {
  return Object.values(refusedBy).reduce((sum, count) => sum + count, 0);
}

/** What a run broke, a sentence each; empty for a sound one. A run that shows nothing is not sound. */
export function faultsOf(verdict: Verdict): string[] {
  const { lost, missing, duplicated, storedTwice, outOfOrder, unread, accepted, delivered } = verdict;
  const faults: readonly (readonly [number, string])[] = [
    [lost, "acknowledged and not in the history"],
    [missing, "never came to a member who was in the room"],
    [duplicated, "came twice to a member"],
    [storedTwice, "in the history at another place than said"],
    [outOfOrder, "came out of order"],
    [unread, "acknowledged in rooms whose history was not read"],
  ];
  const nothing = accepted === 0 || delivered === 0 ? ["nothing was accepted and delivered"] : [];
  return [...faults.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`), ...nothing];
}
