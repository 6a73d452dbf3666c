import { Type } from "typebox";
import type { ResourceKind } from "./custom-resource.ts";

/** What the operator of a deployment holds it to. Every bound has a default, so `spec: {}` is whole. */
export const platformSchema = Type.Object(
  {
    gatewayCapacity: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        default: 10_000,
        description: "Connections that one gateway is known to carry: what the headroom is counted from.",
      }),
    ),
    headroomPercent: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 90,
        default: 20,
        description: "Share of the capacity of all ready gateways that should be free.",
      }),
    ),
    imbalancePercent: Type.Optional(
      Type.Integer({
        minimum: 101,
        maximum: 1_000,
        default: 150,
        description: "The fullest gateway over the mean of all, above which the platform is not balanced.",
      }),
    ),
    backlogMaxAgeSeconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 86_400,
        default: 30,
        description: "Age of the oldest entry that is not in the store, above which the backlog is not healthy.",
      }),
    ),
    backlogMaxEntries: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000_000,
        default: 100_000,
        description: "Entries that are not in the store, above which the backlog is not healthy.",
      }),
    ),
    deletionCost: Type.Optional(
      Type.Boolean({
        default: true,
        description: "Whether the controller marks the gateways with the fewest connections as the first to go.",
      }),
    ),
  },
  { description: "What the deployment is held to. The chart deploys; this only judges.", default: {} },
);

const count = (description: string): object => Type.Integer({ minimum: 0, format: "int64", description });

const status = {
  state: Type.String({ maxLength: 256, description: "`Healthy`, or the reasons of the conditions that are not met." }),
  gateways: Type.Object({
    total: count("Gateway pods that have not ended."),
    ready: count("Ready, and not leaving."),
    draining: count("Leaving: their clients are on their way to the others."),
    unknown: count("Ready gateways whose connections are not known."),
    summary: Type.String({ maxLength: 32, description: "`ready/total`." }),
  }),
  connections: count("Of the gateways that are known."),
  headroomPercent: Type.Integer({ minimum: -1_000_000, maximum: 100, description: "Free share of the capacity." }),
  imbalancePercent: count("The fullest gateway over the mean; 100 is even."),
  backlog: Type.Object({
    entries: count("Acknowledged and not yet in the store."),
    oldestAgeSeconds: count("Age of the oldest of them."),
  }),
  leaders: Type.Object({
    flusher: Type.Optional(Type.String({ maxLength: 253, description: "Who writes to the store; empty: nobody." })),
    controller: Type.String({ maxLength: 253, description: "Who wrote this status." }),
  }),
};

const isTrue = (type: string): string => `.status.conditions[?(@.type=="${type}")].status`;

export const chatPlatform: ResourceKind = {
  kind: "ChatPlatform",
  plural: "chatplatforms",
  shortNames: ["chat"],
  description:
    "The state of one deployment of Weir. It deploys nothing: its spec says what is healthy, its status what is.",
  spec: platformSchema,
  status,
  columns: [
    { name: "Available", type: "string", jsonPath: isTrue("Available"), description: "Whether clients can connect." },
    { name: "State", type: "string", jsonPath: ".status.state", description: "Healthy, or what is not." },
    { name: "Gateways", type: "string", jsonPath: ".status.gateways.summary", description: "Ready of all." },
    { name: "Connections", type: "integer", jsonPath: ".status.connections", description: "Of all known gateways." },
    { name: "Free%", type: "integer", jsonPath: ".status.headroomPercent", description: "Free share of the capacity." },
    { name: "Backlog", type: "integer", jsonPath: ".status.backlog.entries", description: "Entries not in the store." },
    {
      name: "Oldest",
      type: "integer",
      jsonPath: ".status.backlog.oldestAgeSeconds",
      description: "Age in seconds of the oldest of them.",
    },
    { name: "Leader", type: "string", jsonPath: ".status.leaders.flusher", description: "Who writes to the store." },
    {
      name: "Imbalance%",
      type: "integer",
      jsonPath: ".status.imbalancePercent",
      description: "100 is even.",
      wide: true,
    },
    { name: "Draining", type: "integer", jsonPath: ".status.gateways.draining", description: "Leaving.", wide: true },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp", description: "Since it was made." },
  ],
};
