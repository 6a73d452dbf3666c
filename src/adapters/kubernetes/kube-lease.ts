import {
  isKubeError,
  type KubeApi,
  type KubeErrorReason,
  type KubeObject,
  type KubeResource,
} from "../../controller/ports/kube.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Lease, LeaseClaim, LeaseRecord } from "../../leadership/lease.ts";
import { isRecord } from "./is-record.ts";

export interface KubeLeaseOptions {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly name: string;
  readonly clock: Clock;
}

/**
 * A Lease object of Kubernetes. Its fields mean what every client of Kubernetes takes them for: `leaseTransitions` is the token, and
 * the times are for people to read only, since clocks differ.
 */
export class KubeLease implements Lease {
  readonly #options: KubeLeaseOptions;
  readonly #resource: KubeResource;
  #seen: KubeObject | undefined;
  #writes = 0;

  constructor(options: KubeLeaseOptions) {
    this.#options = options;
    const { namespace } = options;
    this.#resource = { group: "coordination.k8s.io", version: "v1", plural: "leases", namespace };
  }

  async read(): Promise<LeaseRecord | undefined> {
    const { api, name } = this.#options;
    const found = await unless("not-found", () => api.get(this.#resource, name));
    this.#seen = found;
    return found === undefined ? undefined : recordOf(found);
  }

  async write(claim: LeaseClaim, version: string | undefined): Promise<LeaseRecord | undefined> {
    const { api } = this.#options;
    if (version !== undefined && this.#seen?.metadata.resourceVersion !== version) await this.read();
    const before = version === undefined ? undefined : this.#seen;
    if (before?.metadata.resourceVersion !== version) return undefined;
    const object = this.#objectOf(claim, before);
    const written = await unless("conflict", () =>
      before === undefined ? api.create(this.#resource, object) : api.replace(this.#resource, object),
    );
    if (written === undefined) return undefined;
    this.#seen = written;
    return recordOf(written);
  }

  /**
   * Labels and annotations that others gave it stay; so does the start of a term that goes on. With the uid of what was there, a
   * write can't bring back a lease that was deleted: without one, the API takes it for a creation.
   */
  #objectOf({ holder, durationMs, transitions }: LeaseClaim, before: KubeObject | undefined): KubeObject {
    const { namespace, name, clock } = this.#options;
    const renewTime = microTime(clock.now(), ++this.#writes % 1_000);
    const spec = before === undefined ? {} : specOf(before);
    const goesOn = spec["holderIdentity"] === holder && spec["leaseTransitions"] === transitions;
    return {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { ...before?.metadata, name, namespace },
      spec: {
        ...spec,
        holderIdentity: holder,
        leaseDurationSeconds: Math.max(1, Math.ceil(durationMs / 1_000)),
        leaseTransitions: transitions,
        acquireTime: goesOn ? spec["acquireTime"] : renewTime,
        renewTime,
      },
    };
  }
}

/** A lease that something else made may have none of the fields: nobody holds it then. */
function recordOf(object: KubeObject): LeaseRecord {
  const { holderIdentity, leaseDurationSeconds, leaseTransitions } = specOf(object);
  return {
    holder: typeof holderIdentity === "string" ? holderIdentity : "",
    durationMs: typeof leaseDurationSeconds === "number" ? leaseDurationSeconds * 1_000 : 1_000,
    transitions: typeof leaseTransitions === "number" ? leaseTransitions : 0,
    version: object.metadata.resourceVersion ?? "",
  };
}

function specOf({ spec }: KubeObject): Readonly<Record<string, unknown>> {
  return isRecord(spec) ? spec : {};
}

/**
 * RFC 3339 with microseconds, which the API requires of these fields. They are given apart, so that no two writes are the same: the
 * API takes a write of what is there already for none, and leaves the version as it is.
 */
function microTime(ms: number, micros: number): string {
  return new Date(ms).toISOString().replace("Z", `${String(micros).padStart(3, "0")}Z`);
}

async function unless<T>(reason: KubeErrorReason, call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (isKubeError(error, reason)) return undefined;
    throw error;
  }
}
