import type { Clock } from "../kernel/clock.ts";
import type { PolicyPublisher } from "../policies/index.ts";
import type { Logger } from "../telemetry/logger.ts";
import { apiGroup, apiVersion } from "./crds/custom-resource.ts";
import { conditionsIn, mergeConditions } from "./platform/condition-list.ts";
import { compilePolicies, type PolicyStatus } from "./policies/compile-policies.ts";
import type { KubeApi, KubeObject, KubeResource } from "./ports/kube.ts";
import type { ObjectView, RoomReader } from "./ports/sources.ts";

export interface PolicyReconcilerOptions {
  readonly api: Pick<KubeApi, "apply">;
  readonly namespace: string;
  /** The ChatRoomPolicies. */
  readonly policies: ObjectView;
  readonly publisher: PolicyPublisher;
  readonly rooms: RoomReader;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Between two looks at which rooms have members, ms. */
  readonly roomsEveryMs?: number;
}

const fieldManager = "weir-controller";
const policyKind = { apiVersion: `${apiGroup}/${apiVersion}`, kind: "ChatRoomPolicy" } as const;

export function policiesIn(namespace: string): KubeResource {
  return { group: apiGroup, version: apiVersion, plural: "chatroompolicies", namespace };
}

/** Whether what was compiled has reached where gateways read it. */
type Publication = { readonly revision: number } | { readonly failure: string };

/** Brings what the ChatRoomPolicies say to the gateways, and says in each what became of it. */
export class PolicyReconciler {
  readonly #options: PolicyReconcilerOptions;
  #rooms: readonly string[] | undefined;
  #roomsAt = Number.NEGATIVE_INFINITY;

  constructor(options: PolicyReconcilerOptions) {
    this.#options = options;
  }

  /**
   * One round. It publishes always, since publishing the same again changes nothing and heals what was lost. Without a view of the
   * policies it does nothing: an empty list would take all of them out of force. Rejects where something is left to do.
   */
  async reconcile(signal: AbortSignal): Promise<void> {
    const { policies, publisher } = this.#options;
    const objects = policies.objects();
    if (objects === undefined) return;
    const resources = objects.map((object) => ({
      name: object.metadata.name,
      createdAt: Date.parse(object.metadata.creationTimestamp ?? ""),
      spec: object["spec"],
    }));
    const activeRooms = resources.length === 0 ? undefined : await this.#activeRooms();
    const { document, statuses } = compilePolicies(
      activeRooms === undefined ? { resources } : { resources, activeRooms },
    );
    if (signal.aborted) return;
    const publication = await publisher.publish(document).then(
      (revision): Publication => ({ revision }),
      (error: unknown): Publication => ({ failure: error instanceof Error ? error.message : String(error) }),
    );
    for (const status of statuses) {
      const object = objects.find(({ metadata }) => metadata.name === status.name);
      if (object !== undefined && !signal.aborted) await this.#tell(object, status, publication);
    }
    if ("failure" in publication) throw new Error(`policies could not be published: ${publication.failure}`);
  }

  /** That it is not known which rooms have members keeps no policy from being published. */
  async #activeRooms(): Promise<readonly string[] | undefined> {
    const { rooms, clock, roomsEveryMs = 10_000 } = this.#options;
    const now = clock.monotonic();
    if (now - this.#roomsAt < roomsEveryMs) return this.#rooms;
    this.#roomsAt = now;
    this.#rooms = await rooms.activeRooms().catch(() => undefined);
    return this.#rooms;
  }

  async #tell(object: KubeObject, said: PolicyStatus, publication: Publication): Promise<void> {
    const { api, namespace, clock } = this.#options;
    const now = new Date(clock.now()).toISOString();
    const status = policyStatus(object, said, { publication, now });
    if (JSON.stringify(sorted(object["status"])) === JSON.stringify(sorted(status))) return;
    const applied = { ...policyKind, metadata: { name: said.name, namespace }, status };
    await api.apply(policiesIn(namespace), applied, { fieldManager, force: true, subresource: "status" });
  }
}

/** The whole status of one policy. */
export function policyStatus(
  { metadata, status: before }: KubeObject,
  said: PolicyStatus,
  { publication, now }: { readonly publication: Publication; readonly now: string },
): object {
  const { generation } = metadata;
  const old = conditionsIn(before);
  const conditions = [...said.conditions, inForce(said, publication)];
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...("revision" in publication && said.accepted ? { revision: String(publication.revision) } : {}),
    ...(said.matchedRooms === undefined ? {} : { matchedRooms: said.matchedRooms }),
    ...(said.conflicts.length === 0 ? {} : { conflicts: said.conflicts }),
    conditions: mergeConditions(old, conditions, { now, generation }),
  };
}

function inForce(
  { accepted }: PolicyStatus,
  publication: Publication,
): {
  readonly type: "InForce";
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
} {
  const type = "InForce";
  if (!accepted) return { type, status: "False", reason: "NotAccepted", message: "It is not among the policies." };
  if ("failure" in publication)
    return { type, status: "Unknown", reason: "NotPublished", message: publication.failure.slice(0, 1_000) };
  const message = "Published: every gateway that reaches Redis applies it within 2 s.";
  return { type, status: "True", reason: "Published", message };
}

/** The same whatever the order of the fields. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const fields: [string, unknown][] = Object.entries(value).map(([name, field]) => [name, sorted(field)]);
  return Object.fromEntries(fields.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
