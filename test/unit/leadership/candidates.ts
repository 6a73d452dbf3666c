import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import type { ElectionTiming } from "../../../src/leadership/election-timing.ts";
import { Elector } from "../../../src/leadership/elector.ts";
import type { LeaseClaim } from "../../../src/leadership/lease.ts";
import { silentLogger } from "../../../src/telemetry/logger.ts";
import { createMetrics, type Metrics } from "../../../src/telemetry/metrics.ts";
import { skewedClock } from "../../harness/skewed-clock.ts";
import { FakeLease, type Fate } from "./fake-lease.ts";

export interface Candidate {
  readonly elector: Elector;
  readonly metrics: Metrics;
}

/** Several electors of one lease, each with a clock of its own, and a witness of who leads when. */
export class Candidates {
  readonly world = new ManualClock();
  readonly lease: FakeLease;
  readonly all: readonly Candidate[];
  /** Tokens in the order in which their terms began. */
  readonly tokens: number[] = [];
  readonly leading = new Set<string>();
  mostAtOnce = 0;
  #failures: number;
  readonly #fence: number;

  constructor(options: {
    readonly timing: ElectionTiming;
    readonly clocks: readonly { readonly rate: number; readonly offsetMs: number; readonly fates?: Iterable<Fate> }[];
    readonly random?: () => number;
    /** How long work goes on after it was told to end. */
    readonly lingerMs?: number;
    /** How many terms end at once, with an error. */
    readonly failFirst?: number;
    /** Lower tokens are refused by the work. */
    readonly fence?: number;
    /** Instead of one by its place in the list. */
    readonly identity?: string;
  }) {
    this.#failures = options.failFirst ?? 0;
    this.#fence = options.fence ?? 0;
    this.lease = new FakeLease(this.world);
    this.all = options.clocks.map(({ rate, offsetMs, fates = [] }, i) => {
      const metrics = createMetrics({ processMetrics: false });
      const elector = new Elector({
        lease: this.lease.link(fates),
        identity: options.identity ?? `candidate-${i}`,
        led: {
          lead: (token, signal) =>
            this.#lead({ who: `candidate-${i}`, token, signal, lingerMs: options.lingerMs ?? 0 }),
        },
        timing: options.timing,
        clock: skewedClock(this.world, rate, offsetMs),
        random: options.random ?? (() => 0.5),
        logger: silentLogger,
        metrics,
      });
      return { elector, metrics };
    });
  }

  async start(): Promise<void> {
    await Promise.all(this.all.map(({ elector }) => elector.start()));
  }

  /** Puts a record there as if another process had written it. */
  async seed(claim: LeaseClaim): Promise<void> {
    const written = this.lease.link([]).write(claim, this.lease.record?.version);
    await this.advance(10);
    await written;
  }

  /** Lets what is already due happen before time moves on. */
  async advance(ms: number): Promise<void> {
    await this.world.advance(0);
    await this.world.advance(ms);
  }

  async #lead(term: { who: string; token: number; signal: AbortSignal; lingerMs: number }): Promise<void> {
    this.tokens.push(term.token);
    if (term.token < this.#fence) return;
    if (this.#failures-- > 0) throw new Error("the work can't be done");
    this.leading.add(term.who);
    this.mostAtOnce = Math.max(this.mostAtOnce, this.leading.size);
    await new Promise<void>((resolve) => term.signal.addEventListener("abort", () => resolve(), { once: true }));
    this.leading.delete(term.who);
    await this.world.sleep(term.lingerMs);
  }
}
