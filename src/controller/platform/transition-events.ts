import type { KubeObject } from "../ports/kube.ts";
import { transitions } from "./condition-list.ts";
import { isGood, type Judgement } from "./conditions.ts";
import { platformKind, toldIn } from "./platform-resource.ts";

export interface EventSource {
  readonly namespace: string;
  /** The process that reports. */
  readonly instance: string;
  /** RFC 3339 with microseconds. */
  readonly now: string;
  readonly newId: () => string;
}

/** One event for each condition whose status has changed since the platform's last status. */
export function transitionEvents(
  platform: KubeObject,
  judgements: readonly Judgement[],
  { namespace, instance, now, newId }: EventSource,
): KubeObject[] {
  const { name, uid } = platform.metadata;
  return transitions(toldIn(platform), judgements).map((one) => ({
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { name: `${name}.${newId()}`, namespace },
    regarding: { ...platformKind, name, namespace, uid },
    type: isGood(one) ? "Normal" : "Warning",
    reason: one.reason,
    note: `${one.type} is ${one.status}: ${one.message}`,
    action: "Judge",
    eventTime: now,
    reportingController: "weir.chat/controller",
    reportingInstance: instance,
  }));
}
