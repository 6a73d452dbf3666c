import { noPolicies, type PolicyDocument, type PolicyRule, policyFor } from "../chat/room-policy.ts";
import type { PolicySettings } from "../chat/room-policy-spec.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Service } from "../lifecycle/service.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { PolicySource } from "./policy-ports.ts";

/** The policies of the moment, for who applies them. */
export interface PolicyView {
  /** What holds in a room: fields that no policy sets are absent. */
  of(room: string): PolicySettings;
  /** All rules, the strongest first. A new list when they change. */
  readonly rules: readonly PolicyRule[];
  /** Of what was published last and is applied; 0 where nothing was. */
  readonly revision: number;
  /** Calls back each time that other rules are in force, with those of before. */
  onChange(callback: (before: readonly PolicyRule[]) => void): void;
}

export interface PoliciesInForceOptions {
  /** What always holds where nothing that is published says otherwise. */
  readonly base?: PolicyDocument;
  /** Without it: the base alone, forever. */
  readonly source?: PolicySource;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Between two looks at the source, ms. */
  readonly pollMs?: number;
}

/** Rooms whose policy is remembered; beyond, all are worked out again. */
const rememberedRooms = 20_000;

/**
 * Follows what is published: when it is told, and every second by itself. What it has stays in force while the source is away or holds
 * nothing that can be read, and a revision never goes back.
 */
export class PoliciesInForce implements Service, PolicyView {
  readonly name = "room policies";
  readonly #options: PoliciesInForceOptions & { readonly pollMs: number; readonly base: PolicyDocument };
  readonly #known = new Map<string, PolicySettings>();
  readonly #callbacks: ((before: readonly PolicyRule[]) => void)[] = [];
  #rules: readonly PolicyRule[];
  #revision = 0;
  #healthy = true;
  #reading: Promise<void> | undefined;
  #stopped = false;
  #cancel = (): void => {};

  constructor(options: PoliciesInForceOptions) {
    this.#options = { pollMs: 1_000, base: noPolicies, ...options };
    this.#rules = this.#options.base.rules;
  }

  get revision(): number {
    return this.#revision;
  }

  get rules(): readonly PolicyRule[] {
    return this.#rules;
  }

  of(room: string): PolicySettings {
    const known = this.#known.get(room);
    if (known !== undefined) return known;
    if (this.#known.size >= rememberedRooms) this.#forgetRooms();
    const found = policyFor(this.#rules, room);
    this.#known.set(room, found);
    return found;
  }

  onChange(callback: (before: readonly PolicyRule[]) => void): void {
    this.#callbacks.push(callback);
  }

  /** Resolves when the source was asked for the first time; a source that is away does not keep anyone from starting. */
  async start(): Promise<void> {
    const { source, metrics } = this.#options;
    metrics.set("weir_policy_revision", {}, 0);
    if (source === undefined) return;
    source.onPublished(() => void this.#look());
    await this.#look();
    this.#schedule(source);
  }

  stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    return Promise.resolve();
  }

  #schedule(source: PolicySource): void {
    if (this.#stopped) return;
    this.#cancel = this.#options.clock.schedule(this.#options.pollMs, () => {
      void this.#look().finally(() => this.#schedule(source));
    });
  }

  /** One look after the other: what was published during one is seen by the next. Never rejects. */
  #look(): Promise<void> {
    const next = (this.#reading ?? Promise.resolve()).then(() => this.#read());
    this.#reading = next;
    return next;
  }

  async #read(): Promise<void> {
    const { source, base, metrics, logger } = this.#options;
    if (this.#stopped || source === undefined) return;
    try {
      const found = await source.read(this.#revision);
      if (!this.#healthy) logger.info({}, "policies can be read again");
      this.#healthy = true;
      if (found === undefined || found.revision <= this.#revision) return;
      this.#revision = found.revision;
      metrics.set("weir_policy_revision", {}, found.revision);
      this.#replace([...found.document.rules, ...base.rules]);
      logger.info({ revision: found.revision, rules: found.document.rules.length }, "policies are in force");
    } catch (error) {
      metrics.count("weir_policy_read_failures_total", {});
      if (this.#healthy) logger.warn({ err: error }, "policies can't be read; those of before stay in force");
      this.#healthy = false;
    }
  }

  #forgetRooms(): void {
    this.#options.metrics.count("weir_cap_reached_total", { cap: "policy_rooms" });
    this.#known.clear();
  }

  #replace(rules: readonly PolicyRule[]): void {
    const before = this.#rules;
    this.#rules = rules;
    this.#known.clear();
    for (const callback of this.#callbacks) callback(before);
  }
}
