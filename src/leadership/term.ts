import type { Clock } from "../kernel/clock.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { ElectionTiming } from "./election-timing.ts";
import type { Lease, LeaseRecord } from "./lease.ts";
import { within } from "./within.ts";

export interface TermOptions {
  readonly lease: Lease;
  readonly identity: string;
  readonly timing: ElectionTiming;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** A record that this process wrote, and the monotonic time at which it *began* to write it. */
export interface Renewal {
  readonly record: LeaseRecord;
  readonly renewedAt: number;
}

/** The time for which one candidate holds the lease. */
export interface Term {
  readonly token: number;
  /** The record as last written. */
  record(): LeaseRecord;
  /** The renew deadline has passed, or the lease is known to be someone else's. */
  isOver(): boolean;
  /** Renews until the term is over, `end` was called or `stopping` aborts; then resolves, at the deadline even while a call hangs. */
  hold(stopping: AbortSignal): Promise<void>;
  end(): void;
}

/**
 * Time runs from the start of the last write that is known to have succeeded: others can have seen it no earlier, so they wait
 * longer than this term lasts.
 */
export function createTerm(options: TermOptions, first: Renewal): Term {
  const { lease, identity, timing, clock } = options;
  const token = first.record.transitions;
  const ended = new AbortController();
  let last = first;
  let lost = false;

  const remaining = (): number => last.renewedAt + timing.renewDeadlineMs - clock.monotonic();
  const isOver = (): boolean => lost || remaining() <= 0;
  /** Leaves time for another try when one call hangs. */
  const call = <T>(run: () => Promise<T>): Promise<T> =>
    within(clock, Math.min(remaining(), timing.renewDeadlineMs / 2), run);

  const renew = async (): Promise<void> => {
    const renewedAt = clock.monotonic();
    const claim = { holder: identity, durationMs: timing.leaseMs, transitions: token };
    const record = await call(() => lease.write(claim, last.record.version));
    if (record !== undefined) last = { record, renewedAt };
    else await refresh();
  };
  /** After a conflict: an earlier write of ours whose answer was lost, or another holder. */
  const refresh = async (): Promise<void> => {
    const record = await call(() => lease.read());
    lost = record === undefined || record.holder !== identity || record.transitions !== token;
    if (record !== undefined && !lost) last = { ...last, record };
  };
  const renewAgainAndAgain = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted && !isOver()) {
      await clock.sleep(Math.min(timing.retryMs, remaining()), signal);
      if (!signal.aborted && !isOver()) await measured(options, renew);
    }
  };

  return {
    token,
    record: () => last.record,
    isOver,
    hold: (stopping) => renewAgainAndAgain(AbortSignal.any([stopping, ended.signal])),
    end: () => ended.abort(),
  };
}

/** A renewal that fails is tried again until the deadline. */
async function measured({ clock, metrics, logger }: TermOptions, renew: () => Promise<void>): Promise<void> {
  const began = clock.monotonic();
  try {
    await renew();
  } catch (error) {
    metrics.count("weir_lease_renew_failures_total", {});
    logger.warn({ err: error }, "lease could not be renewed");
  } finally {
    metrics.observe("weir_lease_renew_seconds", {}, (clock.monotonic() - began) / 1_000);
  }
}
