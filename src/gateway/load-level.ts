/** What a process measured of itself since the last look. */
export interface LoadSample {
  /** The 99th percentile of the event loop's delay, ms. */
  readonly loopDelayMs: number;
  /** Share of the time in which the event loop was busy, 0 to 1. */
  readonly loopBusy: number;
  /** Resident memory as a share of what the process may use; 0 where no limit is known. */
  readonly memory: number;
}

/** When a signal changes its level. A level is how many of the bounds the value is over. */
interface SignalRules {
  /** Ascending. */
  readonly bounds: readonly number[];
  /** Samples in a row that have to be over a bound, so that one pause is no alarm. */
  readonly rise: number;
  /** Samples in a row that have to be well below a bound, so that the level does not flap. */
  readonly fall: number;
  /** What well below is, as a share of the bound. */
  readonly relief: number;
}

export interface LoadRules {
  readonly loopDelayMs: SignalRules;
  readonly loopBusy: SignalRules;
  readonly memory: SignalRules;
}

/** How often the load is looked at, ms. The rules count samples of this length. */
export const loadSampleMs = 500;

/**
 * With 50 ms as the first bound nobody notices yet, and what comes on top would be noticed; at 500 ms probes and heartbeats are next. A loop
 * that has had no pause for 5 s is not late yet and will be. The shares of memory leave room for what is under way.
 * @param loopDelayMs the first bound; the others are three and ten times as high. Infinity never sheds for the loop's sake
 */
export function loadRules(loopDelayMs: number): LoadRules {
  const bounds = [loopDelayMs, 3 * loopDelayMs, 10 * loopDelayMs];
  return {
    loopDelayMs: { bounds, rise: 3, fall: 4, relief: 0.7 },
    loopBusy: { bounds: [Number.isFinite(loopDelayMs) ? 0.95 : 1], rise: 10, fall: 4, relief: 0.95 },
    memory: { bounds: [0.8, 0.9], rise: 1, fall: 4, relief: 0.97 },
  };
}

export interface SignalState {
  readonly level: number;
  /** Samples in a row over the next bound. */
  readonly over: number;
  /** Samples in a row well below the present one. */
  readonly under: number;
}

export interface LoadState {
  readonly loopDelayMs: SignalState;
  readonly loopBusy: SignalState;
  readonly memory: SignalState;
}

const calm: SignalState = { level: 0, over: 0, under: 0 };
export const calmLoad: LoadState = { loopDelayMs: calm, loopBusy: calm, memory: calm };

/** The state after one more sample. */
export function followLoad(rules: LoadRules, state: LoadState, sample: LoadSample): LoadState {
  return {
    loopDelayMs: follow(rules.loopDelayMs, state.loopDelayMs, sample.loopDelayMs),
    loopBusy: follow(rules.loopBusy, state.loopBusy, sample.loopBusy),
    memory: follow(rules.memory, state.memory, sample.memory),
  };
}

/** Up at once to where the value is, down one level at a time. */
function follow(
  { bounds, rise, fall, relief }: SignalRules,
  { level, over, under }: SignalState,
  value: number,
): SignalState {
  const reached = bounds.filter((bound) => value > bound).length;
  if (reached > level)
    return over + 1 < rise ? { level, over: over + 1, under: 0 } : { level: reached, over: 0, under: 0 };
  const present = bounds[level - 1];
  if (present === undefined || value > present * relief) return { level, over: 0, under: 0 };
  return under + 1 < fall ? { level, over: 0, under: under + 1 } : { level: level - 1, over: 0, under: 0 };
}

/** What the process gives up at present, so that the rest goes on. */
export interface Shedding {
  /** What there is too little of to let anyone in; undefined where there is enough. */
  readonly newcomers: "loop" | "memory" | undefined;
  /** Typing, presence and the like are not sent. */
  readonly ephemeral: boolean;
  /** Those who read slowest are closed first. */
  readonly slowest: boolean;
  /** Why balancers should send nothing here; undefined where they may. */
  readonly unready: string | undefined;
}

export const noShedding: Shedding = { newcomers: undefined, ephemeral: false, slowest: false, unready: undefined };

/** The three steps: let nobody in, then drop what may be lost, then be not ready. */
export function sheddingOf({ loopDelayMs, loopBusy, memory }: LoadState): Shedding {
  const overloaded = loopDelayMs.level >= 3 || loopBusy.level >= 1;
  return {
    newcomers: newcomersOf(loopDelayMs.level, memory.level),
    ephemeral: loopDelayMs.level >= 2,
    slowest: memory.level >= 2,
    unready: overloaded ? "the event loop is overloaded" : undefined,
  };
}

function newcomersOf(loop: number, memory: number): Shedding["newcomers"] {
  if (loop >= 1) return "loop";
  return memory >= 1 ? "memory" : undefined;
}
