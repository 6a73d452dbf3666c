/** How long a term lives without word from its holder, and how often the holder gives word. All in ms. */
export interface ElectionTiming {
  /** How long others leave an unchanged lease alone. */
  readonly leaseMs: number;
  /** A leader that could not renew for this long stops leading, before others may take over. */
  readonly renewDeadlineMs: number;
  /** Pause between tries, to acquire or to renew. */
  readonly retryMs: number;
}

/**
 * Takeover within eight seconds of a crash: the longest pause before another sees the last renewal (1.2 s), the lease, and half a
 * pause at most, so that candidates do not try in step. Clocks may differ in rate by up to leaseMs / renewDeadlineMs, here half as
 * fast again, before two could lead at once.
 */
export const flusherTiming: ElectionTiming = { leaseMs: 6_000, renewDeadlineMs: 4_000, retryMs: 1_000 };

/** What Kubernetes' own components use: the controller's work can wait, and its leases cost the API server a write each. */
export const controllerTiming: ElectionTiming = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };

/** A pause between two looks at the lease is up to this many times `retryMs`. */
export const acquireJitter = 1.2;

/** Throws RangeError, with the reason, for a timing with which leadership would flap or overlap. */
export function checkTiming(timing: ElectionTiming): ElectionTiming {
  const { leaseMs, renewDeadlineMs, retryMs } = timing;
  const sound = (ms: number): boolean => Number.isFinite(ms) && ms > 0;
  if (![leaseMs, renewDeadlineMs, retryMs].every(sound)) throw new RangeError("election times must be above 0");
  if (leaseMs <= renewDeadlineMs) throw new RangeError("the lease must outlive the renew deadline");
  if (renewDeadlineMs <= retryMs * acquireJitter)
    throw new RangeError("the renew deadline must leave time for a retry");
  return timing;
}
