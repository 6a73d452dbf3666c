import {
  isKubeError,
  type KubeApi,
  type KubeEvent,
  type KubeObject,
  type KubeResource,
} from "../../controller/ports/kube.ts";
import type { ObjectView } from "../../controller/ports/sources.ts";
import { type Backoff, backoffDelay } from "../../kernel/backoff.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Service } from "../../lifecycle/service.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Metrics } from "../../telemetry/metrics.ts";

export interface InformerOptions {
  readonly api: Pick<KubeApi, "list" | "watch">;
  readonly resource: KubeResource;
  /** Which of them; without it all. */
  readonly labelSelector?: string;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** May be asynchronous; nobody waits for it. */
type Callback = (key: string) => unknown;

/** After which everything is listed again, in case a change was missed, ms. */
const relistMs = 600_000;
/** Between a watch that ended, for whatever reason, and the next try. */
const retry: Backoff = { baseMs: 200, maxMs: 30_000 };

/**
 * All objects of one kind, kept up to date by a list and a watch from where it ended. A watch that ends goes on from its last
 * version; one whose version the server has forgotten begins with a list again, as does every one after a while.
 */
export class ResilientInformer implements ObjectView, Service {
  readonly name: string;
  readonly #options: InformerOptions;
  readonly #stopping = new AbortController();
  readonly #callbacks: Callback[] = [];
  #objects: Map<string, KubeObject> | undefined;
  /** Where the next watch begins; undefined where a list has to come first. */
  #version: string | undefined;
  #listedAt = 0;
  #currentAt = Number.NEGATIVE_INFINITY;
  #attempt = 0;
  #running: Promise<void> | undefined;

  constructor(options: InformerOptions) {
    const { plural } = options.resource;
    this.name = `informer of ${plural}`;
    this.#options = options;
    options.metrics.beforeScrape(() => {
      const ageMs = this.ageMs();
      if (Number.isFinite(ageMs)) options.metrics.set("weir_informer_age_seconds", { resource: plural }, ageMs / 1_000);
    });
  }

  objects(): readonly KubeObject[] | undefined {
    return this.#objects === undefined ? undefined : [...this.#objects.values()];
  }

  /** Infinite before the first list. */
  ageMs(): number {
    return this.#options.clock.monotonic() - this.#currentAt;
  }

  /** Calls back, with `<namespace>/<name>`, after an object came, changed or went. Errors of the callback are logged, and nothing else. */
  onChange(callback: Callback): void {
    this.#callbacks.push(callback);
  }

  /** Begins; the first list may come later. */
  async start(): Promise<void> {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, random } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#round().catch((error: unknown) => this.#recover(error));
      await clock.sleep(backoffDelay(retry, this.#attempt++, random()), signal);
    }
  }

  #recover(error: unknown): void {
    if (isKubeError(error, "gone")) this.#version = undefined;
    else if (!this.#stopping.signal.aborted)
      this.#options.logger.warn({ err: error, informer: this.name }, "watch broke; trying again");
  }

  /** A list where one is due, and a watch until it ends. */
  async #round(): Promise<void> {
    const { clock } = this.#options;
    const from = this.#version ?? (await this.#list());
    const tooOld = new AbortController();
    const cancel = clock.schedule(this.#listedAt + relistMs - clock.monotonic(), () => tooOld.abort());
    try {
      await this.#follow(from, AbortSignal.any([this.#stopping.signal, tooOld.signal]));
    } catch (error) {
      if (!tooOld.signal.aborted) throw error;
    } finally {
      cancel();
    }
    if (tooOld.signal.aborted) this.#version = undefined;
  }

  async #list(): Promise<string> {
    const { api, resource, clock, labelSelector } = this.#options;
    const askedAt = clock.monotonic();
    const { items, resourceVersion } = await api.list(resource, labelSelector === undefined ? {} : { labelSelector });
    const before = this.#objects ?? new Map<string, KubeObject>();
    const now = new Map(items.map((object) => [keyOf(object), object]));
    this.#objects = now;
    this.#version = resourceVersion;
    this.#listedAt = askedAt;
    this.#currentAt = askedAt;
    for (const key of new Set([...before.keys(), ...now.keys()]))
      if (versionOf(before.get(key)) !== versionOf(now.get(key))) this.#tell(key);
    return resourceVersion;
  }

  async #follow(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const { api, resource, labelSelector } = this.#options;
    const selection = labelSelector === undefined ? {} : { labelSelector };
    for await (const event of api.watch(resource, { resourceVersion, signal, ...selection })) {
      if (this.#stopping.signal.aborted) return;
      this.#take(event);
    }
  }

  #take({ type, object }: KubeEvent): void {
    this.#version = object.metadata.resourceVersion ?? this.#version;
    this.#currentAt = this.#options.clock.monotonic();
    this.#attempt = 0;
    if (type === "bookmark") return;
    const key = keyOf(object);
    if (type === "deleted") this.#objects?.delete(key);
    else this.#objects?.set(key, object);
    this.#tell(key);
  }

  #tell(key: string): void {
    for (const callback of this.#callbacks) void this.#call(callback, key);
  }

  async #call(callback: Callback, key: string): Promise<void> {
    try {
      await callback(key);
    } catch (error) {
      this.#options.logger.error({ err: error, informer: this.name }, "a callback failed");
    }
  }
}

function keyOf({ metadata }: KubeObject): string {
  return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
}

function versionOf(object: KubeObject | undefined): string | undefined {
  return object?.metadata.resourceVersion;
}
