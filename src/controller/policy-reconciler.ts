import type { PolicyDocument } from "../chat/room-policy.ts";
import type { Clock } from "../kernel/clock.ts";
import type { PolicyPublisher } from "../policies/index.ts";
import type { Logger } from "../telemetry/logger.ts";
import { apiGroup, apiVersion } from "./crds/custom-resource.ts";
import { conditionsIn, mergeConditions } from "./platform/condition-list.ts";
import { compilePolicies, type PolicyCondition, type PolicyStatus } from "./policies/compile-policies.ts";
import type { KubeApi, KubeObject, KubeResource } from "./ports/kube.ts";
import type { FleetReader, ObjectView, RoomReader } from "./ports/sources.ts";

export interface PolicyReconcilerOptions {
  readonly api: Pick<KubeApi, "apply">;
  readonly namespace: string;
  /** The ChatRoomPolicies. */
  readonly policies: ObjectView;
  readonly publisher: PolicyPublisher;
  readonly rooms: RoomReader;
  readonly fleet: FleetReader;
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

/** How far what was compiled has got. */
type Publication = { readonly revision: number; readonly reach: Reach } | { readonly failure: string };

/** Gateways that say what they hold, and those of them that apply this revision or a later one; undefined where that can't be known. */
type Reach = { readonly gateways: number; readonly applying: number } | undefined;

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
   * policies it does nothing: an empty list would take all of them out of force. Rejects where they could not be published.
   * @returns whether all gateways apply what there is; another look soon may tell of more
   */
  async reconcile(signal: AbortSignal): Promise<boolean> {
    const { policies } = this.#options;
    const objects = policies.objects();
    if (objects === undefined) return true;
    const resources = objects.map((object) => ({
      name: object.metadata.name,
      createdAt: Date.parse(object.metadata.creationTimestamp ?? ""),
      spec: object["spec"],
    }));
    const activeRooms = resources.length === 0 ? undefined : await this.#activeRooms();
    const { document, statuses } = compilePolicies(
      activeRooms === undefined ? { resources } : { resources, activeRooms },
    );
    if (signal.aborted) return true;
    const publication = await this.#publish(document);
    for (const status of statuses) {
      const object = objects.find(({ metadata }) => metadata.name === status.name);
      if (object !== undefined && !signal.aborted) await this.#tell(object, status, publication);
    }
    if ("failure" in publication) throw new Error(`policies could not be published: ${publication.failure}`);
    return publication.reach !== undefined && publication.reach.applying === publication.reach.gateways;
  }

  async #publish(document: PolicyDocument): Promise<Publication> {
    const { publisher, fleet } = this.#options;
    try {
      const revision = await publisher.publish(document);
      const loads = await fleet.loads().catch(() => undefined);
      const applying = loads?.filter(({ policies = 0 }) => policies >= revision).length ?? 0;
      return { revision, reach: loads === undefined ? undefined : { gateways: loads.length, applying } };
    } catch (error) {
      return { failure: error instanceof Error ? error.message : String(error) };
    }
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

type InForce = Omit<PolicyCondition, "type" | "status"> & {
  readonly type: "InForce";
  readonly status: "True" | "False" | "Unknown";
};

function inForce({ accepted }: PolicyStatus, publication: Publication): InForce {
  const say = (status: InForce["status"], reason: string, message: string): InForce => ({
    type: "InForce",
    status,
    reason,
    message,
  });
  if (!accepted) return say("False", "NotAccepted", "It is not among the policies.");
  if ("failure" in publication) return say("Unknown", "NotPublished", publication.failure.slice(0, 1_000));
  const { reach } = publication;
  if (reach === undefined)
    return say("Unknown", "FleetNotReachable", "It is published, and it is not known who applies it.");
  const { gateways, applying } = reach;
  if (applying < gateways)
    return say("False", "Spreading", "It is published, and not every gateway has said that it applies it.");
  return say("True", "Applied", "Every gateway applies it.");
}

/** The same whatever the order of the fields. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const fields: [string, unknown][] = Object.entries(value).map(([name, field]) => [name, sorted(field)]);
  return Object.fromEntries(fields.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
