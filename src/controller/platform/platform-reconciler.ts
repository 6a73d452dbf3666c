import type { Clock } from "../../kernel/clock.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import type { DeletionCostWriter } from "../deletion-cost/deletion-cost-writer.ts";
import { isKubeError, type KubeApi, type KubeObject, type KubeResource } from "../ports/kube.ts";
import { type Judgement, judge } from "./conditions.ts";
import type { Observation } from "./observation.ts";
import { observe, type Sources } from "./observer.ts";
import { measurePlatform } from "./platform-metrics.ts";
import {
  boundsOf,
  differsInWords,
  judgementsIn,
  platformKind,
  platformsIn,
  statusOf,
  toldIn,
} from "./platform-resource.ts";
import { defaultHold, type Hold, type Pending, settle } from "./settle.ts";
import { transitionEvents } from "./transition-events.ts";

export interface PlatformOptions {
  readonly api: Pick<KubeApi, "get" | "apply" | "create">;
  readonly namespace: string;
  /** Of the ChatPlatform. */
  readonly name: string;
  /** Of this process. */
  readonly identity: string;
  readonly sources: Sources;
  readonly costs: DeletionCostWriter;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly hold?: Hold;
  /** Least time between two statuses that differ in figures only, ms. */
  readonly figuresMs?: number;
}

const fieldManager = "weir-controller";
const defaultFiguresMs = 10_000;

/** Looks at the deployment, marks pods for deletion by what they hold, and says in the ChatPlatform what it found. */
export class PlatformReconciler {
  readonly #options: PlatformOptions;
  readonly #platforms: KubeResource;
  #pending: Pending = new Map();
  #writtenAt = Number.NEGATIVE_INFINITY;

  constructor(options: PlatformOptions) {
    this.#options = options;
    this.#platforms = platformsIn(options.namespace);
  }

  /** One round. Without a ChatPlatform it still marks pods, by the defaults. Rejects with a KubeError where the status can't be written. */
  async reconcile(signal: AbortSignal): Promise<void> {
    const { sources, costs, clock, metrics, hold = defaultHold } = this.#options;
    const [platform, seen] = await Promise.all([this.#platform(), observe(sources)]);
    const bounds = boundsOf(platform);
    if (signal.aborted) return;
    if (seen.pods !== undefined) await costs[bounds.deletionCost ? "mark" : "unmark"](seen.pods, signal);
    const whole: Observation = { ...seen, costConflict: costs.conflict };
    const told = platform === undefined ? [] : judgementsIn(toldIn(platform));
    const judged = judge(whole, bounds);
    const { judgements, pending } = settle({ told, judged, pending: this.#pending, hold, now: clock.monotonic() });
    this.#pending = pending;
    measurePlatform(metrics, whole, judgements);
    if (platform !== undefined && !signal.aborted) await this.#tell(platform, { seen: whole, bounds, judgements });
  }

  async #platform(): Promise<KubeObject | undefined> {
    const { api, name } = this.#options;
    try {
      return await api.get(this.#platforms, name);
    } catch (error) {
      if (isKubeError(error, "not-found")) return undefined;
      throw error;
    }
  }

  async #tell(
    platform: KubeObject,
    said: Pick<Parameters<typeof statusOf>[1], "seen" | "bounds"> & { readonly judgements: readonly Judgement[] },
  ): Promise<void> {
    const { api, namespace, name, identity, clock, figuresMs = defaultFiguresMs } = this.#options;
    const now = new Date(clock.now()).toISOString();
    const status = statusOf(platform, { ...said, controller: podOf(identity), now });
    const isDue = clock.monotonic() - this.#writtenAt >= figuresMs;
    if (!isDue && !differsInWords(platform["status"], status)) return;
    const object = { ...platformKind, metadata: { name, namespace }, status };
    await api.apply(this.#platforms, object, { fieldManager, force: true, subresource: "status" });
    this.#writtenAt = clock.monotonic();
    await this.#report(platform, said.judgements);
  }

  /** An event that can't be written is one line in the log: the status says the same. */
  async #report(platform: KubeObject, judgements: readonly Judgement[]): Promise<void> {
    const { api, namespace, identity, clock, newId, logger } = this.#options;
    const now = new Date(clock.now()).toISOString().replace("Z", "000Z");
    const source = { namespace, instance: identity, now, newId };
    for (const event of transitionEvents(platform, judgements, source)) {
      logger.info({ reason: event["reason"], note: event["note"] }, "the platform has changed");
      await api
        .create({ group: "events.k8s.io", version: "v1", plural: "events", namespace }, event)
        .catch((error: unknown) => logger.warn({ err: error }, "an event could not be written"));
    }
  }
}

/** An identity is `<pod>_<unique id>`. */
function podOf(identity: string): string {
  return identity.replace(/_[^_]*$/, "");
}
