import type { Ledger } from "./accounting.ts";
import type { LoadMetricName } from "./load-metrics.ts";
import { refusedIn, type Verdict } from "./verdict.ts";

/** Where figures go: k6's metrics, or a list under Node. Times in ms. */
export type Meter = (name: LoadMetricName, value: number) => void;

type Counts = Partial<Record<LoadMetricName, number>>;

/** Counts that only rise, so that they can be told while the test runs. */
function risingCounts(verdict: Verdict): Counts {
  return {
    chat_sent: verdict.sent,
    chat_accepted: verdict.accepted,
    chat_refused: refusedIn(verdict),
    chat_delivered: verdict.delivered,
    chat_duplicated: verdict.duplicated,
    chat_stored_twice: verdict.storedTwice,
    chat_out_of_order: verdict.outOfOrder,
    chat_gaps_filled: verdict.gapsFilled,
    chat_caught_up: verdict.caughtUp,
    chat_declared: verdict.declared,
  };
}

/** Counts that mean something at the end only. */
function finalCounts(verdict: Verdict): Counts {
  return {
    chat_unanswered: verdict.unanswered,
    chat_stored: verdict.stored,
    chat_lost: verdict.lost,
    chat_missing: verdict.missing,
    chat_unread: verdict.unread,
  };
}

/** Turns what a ledger has counted into growing counters. */
export class Tally {
  readonly #ledger: Ledger;
  readonly #meter: Meter;
  #told: Counts = {};

  /** Begins with a 0 for each counter: Prometheus can't see that one rises which is not there before. */
  constructor(ledger: Ledger, meter: Meter) {
    this.#ledger = ledger;
    this.#meter = meter;
    this.finish();
  }

  /** What was counted since the last time. */
  tell(): void {
    this.#tell(risingCounts(this.#ledger.verdict()));
  }

  /** All of it, once. */
  finish(): Verdict {
    const verdict = this.#ledger.verdict();
    this.#tell({ ...risingCounts(verdict), ...finalCounts(verdict) });
    return verdict;
  }

  #tell(counts: Counts): void {
    for (const [name, value] of entriesOf(counts)) this.#meter(name, value - (this.#told[name] ?? 0));
    this.#told = { ...this.#told, ...counts };
  }
}

function entriesOf(counts: Counts): [LoadMetricName, number][] {
  return Object.entries(counts).flatMap(([name, value]) => (isMetric(name) ? [[name, value]] : []));
}

function isMetric(name: string): name is LoadMetricName {
  return name.startsWith("chat_");
}
