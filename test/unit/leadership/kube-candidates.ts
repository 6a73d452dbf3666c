import { KubeLease } from "../../../src/adapters/kubernetes/kube-lease.ts";
import { MemoryLease } from "../../../src/adapters/memory/memory-lease.ts";
import { type KubeApi, KubeError, type KubeResource } from "../../../src/controller/ports/kube.ts";
import type { Clock } from "../../../src/kernel/clock.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { controllerTiming, type ElectionTiming, Elector, type Led } from "../../../src/leadership/index.ts";
import { silentLogger } from "../../../src/telemetry/logger.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";
import { FakeKubeStore } from "../../harness/fake-kube-store.ts";
import { skewedClock } from "../../harness/skewed-clock.ts";
import { type Stall, stallingClock } from "./stalling-clock.ts";

/** What happens to one call to the API: whether it is done, how long each way takes, and what the caller is told. */
export interface KubeFate {
  readonly requestMs: number;
  readonly done: boolean;
  readonly answerMs: number;
  readonly answer: "result" | "conflict" | "server-error" | "none";
}

export interface KubeCandidate {
  readonly fates: readonly KubeFate[];
  readonly rate: number;
  readonly offsetMs: number;
  readonly stalls: readonly Stall[];
  /** Competes for a record outside Kubernetes instead, which all such candidates share. */
  readonly elsewhere?: true;
}

export interface Written {
  readonly who: number;
  readonly token: number;
}

export const leases: KubeResource = {
  group: "coordination.k8s.io",
  version: "v1",
  plural: "leases",
  namespace: "chat",
};
const smooth: KubeFate = { requestMs: 1, done: true, answerMs: 1, answer: "result" };
const betweenWritesMs = 400;
/** How long a write is on its way to the store. */
const writeMs = 150;

/** Electors of one Lease of Kubernetes, each writing to a fenced store for as long as it believes that it leads. */
export class KubeCandidates {
  readonly world = new ManualClock();
  readonly store = new FakeKubeStore();
  readonly electors: readonly Elector[];
  /** In the order in which the fence let them pass. */
  readonly written: Written[] = [];
  /** Writes that the fence refused. */
  refused = 0;
  /** Who used a token. */
  readonly users = new Map<number, Set<number>>();
  /** From now on, every call goes through. */
  healed = false;
  #fence: number;
  readonly #stalls: readonly Stall[];

  constructor(
    candidates: readonly KubeCandidate[],
    options: { readonly fence?: number; readonly timing?: ElectionTiming } = {},
  ) {
    this.#fence = options.fence ?? 0;
    this.#stalls = candidates.flatMap(({ stalls }) => stalls);
    const elsewhere = new MemoryLease();
    this.electors = candidates.map((candidate, who) => {
      const clock = stallingClock(skewedClock(this.world, candidate.rate, candidate.offsetMs), [...shifted(candidate)]);
      const api = this.#api(clock, candidate.fates[Symbol.iterator]());
      return new Elector({
        lease: candidate.elsewhere ? elsewhere : new KubeLease({ api, namespace: "chat", name: "weir", clock }),
        identity: `pod-${who}`,
        led: this.#writer(who, clock),
        timing: options.timing ?? controllerTiming,
        clock,
        random: () => 0.5,
        logger: silentLogger,
        metrics: createMetrics({ processMetrics: false }),
      });
    });
  }

  get lastStallEnds(): number {
    return Math.max(0, ...this.#stalls.map(({ at, ms }) => at + ms));
  }

  get leaders(): number {
    return this.electors.filter(({ state }) => state.kind === "leading").length;
  }

  async start(): Promise<void> {
    await Promise.all(this.electors.map((elector) => elector.start()));
  }

  #writer(who: number, clock: Clock): Led {
    const lead = async (token: number, signal: AbortSignal): Promise<void> => {
      this.users.set(token, (this.users.get(token) ?? new Set()).add(who));
      while (!signal.aborted) {
        await this.world.sleep(writeMs);
        if (token < this.#fence) return void this.refused++;
        this.#fence = token;
        this.written.push({ who, token });
        await clock.sleep(betweenWritesMs, signal);
      }
    };
    return { lead };
  }

  #api(clock: Clock, fates: Iterator<KubeFate>): KubeApi {
    const call = async <T>(work: () => T): Promise<T> => {
      const drawn = this.healed ? undefined : fates.next();
      const { requestMs, done, answerMs, answer } = drawn === undefined || drawn.done === true ? smooth : drawn.value;
      await this.world.sleep(requestMs);
      const outcome = done ? attempt(work) : undefined;
      await clock.sleep(answerMs);
      if (answer === "none") return new Promise<T>(() => {});
      if (answer === "conflict") throw new KubeError("conflict", "the object has been modified");
      if (answer === "server-error" || outcome === undefined) throw new KubeError("unreachable", "internal error");
      return outcome();
    };
    const unused = (): never => {
      throw new Error("a lease needs no such call");
    };
    return {
      get: (resource, name) => call(() => this.store.get(resource, name)),
      create: (resource, object) => call(() => this.store.create(resource, object)),
      replace: (resource, object) => call(() => this.store.replace(resource, object)),
      list: unused,
      watch: unused,
      apply: unused,
      remove: unused,
    };
  }
}

/** The result, or the refusal, to be given later. */
function attempt<T>(work: () => T): () => T {
  try {
    const result = work();
    return () => result;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

/** Stalls by the candidate's own clock. */
function* shifted({ stalls, rate, offsetMs }: KubeCandidate): Generator<Stall> {
  for (const { at, ms } of stalls) yield { at: at * rate + offsetMs, ms: ms * rate };
}
