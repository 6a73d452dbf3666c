import type { Clock } from "../../kernel/clock.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import { deletionCostAnnotation, type GatewayPod } from "../platform/gateway-pod.ts";
import { isKubeError, type KubeApi, type KubeResource } from "../ports/kube.ts";
import { decideCosts } from "./decide-costs.ts";

export interface DeletionCostOptions {
  readonly api: Pick<KubeApi, "apply">;
  readonly namespace: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** What became of a write. */
interface Written {
  /** Nothing is left to do, also because the pod is gone. */
  readonly done: boolean;
  /** Why another owns the annotation, where another does. */
  readonly conflict?: string;
}

/** Owns the annotation and nothing else, so that taking it back takes nothing else. */
const fieldManager = "weir-deletion-cost";
/** How long it stands down after it found another owner, ms. */
const standDownMs = 600_000;

/**
 * Marks the pods that a scale-in should take first. It never takes the annotation from another owner: where there is one, it takes back
 * its own marks, since two measures in one fleet compare nothing, and tries again later.
 */
export class DeletionCostWriter {
  readonly #options: DeletionCostOptions;
  readonly #pods: KubeResource;
  /** Pods that may have a mark of this writer. */
  #marked = true;
  #conflict: { readonly why: string; readonly until: number } | undefined;

  constructor(options: DeletionCostOptions) {
    this.#options = options;
    this.#pods = { group: "", version: "v1", plural: "pods", namespace: options.namespace };
  }

  /** Why it stands down; undefined while it does not. */
  get conflict(): string | undefined {
    return this.#conflict?.why;
  }

  /** Writes what has changed. Never rejects: that pods can't be marked must not keep anything else from being done. */
  async mark(pods: readonly GatewayPod[], signal: AbortSignal): Promise<void> {
    if (this.#conflict !== undefined && this.#options.clock.monotonic() < this.#conflict.until) {
      return this.unmark(pods, signal);
    }
    for (const { pod, cost } of decideCosts(pods)) {
      if (signal.aborted) return;
      const { conflict } = await this.#write(pod, String(cost));
      if (conflict !== undefined) return this.#standDown(conflict, pods, signal);
    }
    this.#conflict = undefined;
  }

  /** Takes back all marks, until it worked for every pod; where a pod has none, that changes nothing. Never rejects. */
  async unmark(pods: readonly GatewayPod[], signal: AbortSignal): Promise<void> {
    if (!this.#marked) return;
    let clean = true;
    for (const { name } of pods) {
      if (signal.aborted) return;
      const { done } = await this.#write(name, undefined);
      clean &&= done;
    }
    this.#marked = !clean;
  }

  async #standDown(why: string, pods: readonly GatewayPod[], signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    if (this.#conflict === undefined) logger.warn({ why }, "another writes the cost of deleting pods");
    this.#conflict = { why, until: clock.monotonic() + standDownMs };
    await this.unmark(pods, signal);
  }

  /** Never rejects. */
  async #write(name: string, cost: string | undefined): Promise<Written> {
    const { api, namespace, logger, metrics } = this.#options;
    const mark = cost === undefined ? {} : { annotations: { [deletionCostAnnotation]: cost } };
    const object = { apiVersion: "v1", kind: "Pod", metadata: { name, namespace, ...mark } };
    const count = (result: "ok" | "conflict" | "error"): void =>
      metrics.count("weir_deletion_cost_writes_total", { result });
    try {
      if (cost !== undefined) this.#marked = true;
      await api.apply(this.#pods, object, { fieldManager, force: false });
      count("ok");
      return { done: true };
    } catch (error) {
      if (isKubeError(error, "conflict")) {
        count("conflict");
        return { done: false, conflict: error instanceof Error ? error.message : "another owns the annotation" };
      }
      count("error");
      logger.debug({ err: error, pod: name }, "the cost of deleting a pod could not be written");
      return { done: isKubeError(error, "not-found") };
    }
  }
}
