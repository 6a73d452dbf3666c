import { Value } from "typebox/value";
import { platformSchema } from "../crds/chat-platform.ts";
import { apiGroup, apiVersion } from "../crds/custom-resource.ts";
import type { KubeObject, KubeResource } from "../ports/kube.ts";
import { type Condition, conditionsIn, mergeConditions } from "./condition-list.ts";
import { conditionTypes, type Judgement, stateOf } from "./conditions.ts";
import { defaultBounds, fleetFigures, type Observation, type PlatformBounds } from "./observation.ts";

export const platformKind = { apiVersion: `${apiGroup}/${apiVersion}`, kind: "ChatPlatform" } as const;

export function platformsIn(namespace: string): KubeResource {
  return { group: apiGroup, version: apiVersion, plural: "chatplatforms", namespace };
}

/** What a ChatPlatform asks for; the defaults where it can't be read or says nothing. */
export function boundsOf(platform: KubeObject | undefined): PlatformBounds {
  const spec: unknown = platform?.["spec"];
  return Value.Check(platformSchema, spec) ? { ...defaultBounds, ...spec } : defaultBounds;
}

/** What a ChatPlatform says of its conditions. */
export function toldIn(platform: KubeObject): Condition[] {
  return conditionsIn(platform["status"]);
}

/** The conditions of one of our own kinds, as judgements. */
export function judgementsIn(conditions: readonly Condition[]): Judgement[] {
  return conditions.flatMap(({ type: name, status: said, reason, message }) => {
    const type = conditionTypes.find((known) => known === name);
    const status = (["True", "False", "Unknown"] as const).find((known) => known === said);
    return type === undefined || status === undefined ? [] : [{ type, status, reason, message }];
  });
}

export interface Told {
  readonly seen: Observation;
  readonly bounds: PlatformBounds;
  readonly judgements: readonly Judgement[];
  /** Who writes the status. */
  readonly controller: string;
  /** RFC 3339. */
  readonly now: string;
}

/** The whole status of a platform. What is unknown is absent. */
export function statusOf(platform: KubeObject, { seen, bounds, judgements, controller, now }: Told): object {
  const { generation } = platform.metadata;
  const { pods, backlog, flusher } = seen;
  const conditions = mergeConditions(toldIn(platform), judgements, { now, generation });
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    state: stateOf(judgements),
    ...(pods === undefined ? {} : figuresIn(fleetFigures(pods, bounds.gatewayCapacity))),
    ...(backlog === undefined
      ? {}
      : { backlog: { entries: backlog.entries, oldestAgeSeconds: Math.round(backlog.oldestAgeMs / 1_000) } }),
    leaders: { controller, ...(flusher === undefined ? {} : { flusher }) },
    conditions,
  };
}

function figuresIn(fleet: ReturnType<typeof fleetFigures>): object {
  const { total, ready, draining, unknown, connections, headroomPercent, imbalance } = fleet;
  return {
    gateways: { total, ready, draining, unknown, summary: `${ready}/${total}` },
    connections,
    ...(headroomPercent === undefined ? {} : { headroomPercent }),
    ...(imbalance === undefined ? {} : { imbalancePercent: imbalance.percent }),
  };
}

/** Whether a status says something new that is not just a figure: that is written at once. */
export function differsInWords(before: unknown, after: object): boolean {
  return wordsOf(before) !== wordsOf(after);
}

function wordsOf(status: unknown): string {
  const { state, gateways, leaders, observedGeneration }: Readonly<Record<string, unknown>> = { ...asObject(status) };
  const conditions = conditionsIn(status).map(({ type, status: said, reason }) => [type, said, reason]);
  return JSON.stringify([state, asSorted(gateways), asSorted(leaders), observedGeneration, conditions]);
}

function asObject(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}

function asSorted(value: unknown): unknown {
  return Object.entries(asObject(value)).toSorted(([one], [other]) => (one < other ? -1 : 1));
}
