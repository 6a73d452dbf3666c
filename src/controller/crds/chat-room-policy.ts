import { Type } from "typebox";
import { roomMaxLength } from "../../chat/room.ts";
import { patternsMax, roomPatternShape, starsMax } from "../../chat/room-policy-pattern.ts";
import { policySettingNames } from "../../chat/room-policy-spec.ts";
import { textBytesMax } from "../../chat/text-limit.ts";
import type { ResourceKind } from "./custom-resource.ts";

const rateFields = {
  perSecond: Type.Integer({ minimum: 1, maximum: 10_000, description: "Entries per second." }),
  burst: Type.Integer({ minimum: 1, maximum: 100_000, description: "Entries at once after a pause." }),
};

const rateRules = {
  "x-kubernetes-validations": [
    { rule: "self.burst >= self.perSecond", message: "burst must be at least perSecond", fieldPath: ".burst" },
  ],
};

const rooms = Type.Array(
  Type.String({
    minLength: 1,
    maxLength: roomMaxLength,
    pattern: roomPatternShape.source,
  }),
  {
    minItems: 1,
    maxItems: patternsMax,
    description: `Patterns as in grants: \`*\` is one segment or a part of one, \`**\` at the end everything from there on. At most ${starsMax} stars in each.`,
    "x-kubernetes-list-type": "set",
    "x-kubernetes-validations": [
      {
        rule: "self.all(p, !p.contains('**') || p == '**' || (p.matches('[:/][*][*]$') && p.indexOf('**') == p.size() - 2))",
        message: "`**` must be the whole last segment of a pattern, as in `team:**`",
      },
      {
        rule: `self.all(p, p.matches('^[^*]*([*][^*]*){0,${starsMax}}$'))`,
        message: `a pattern must have at most ${starsMax} stars`,
      },
    ],
  },
);

/** The `spec` of a ChatRoomPolicy: `RoomPolicySpec` of the domain, with its bounds. */
export const roomPolicySchema = Type.Object(
  {
    rooms,
    priority: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 1_000,
        default: 0,
        description: "Of several policies that match a room, the one with the greatest priority decides.",
      }),
    ),
    rate: Type.Optional(Type.Object(rateFields, { description: "Entries into a room, of all users.", ...rateRules })),
    userRate: Type.Optional(
      Type.Object(rateFields, {
        description: "Entries of one user into a room. It can only narrow what the user may do anyway.",
        ...rateRules,
      }),
    ),
    slowModeSeconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 21_600,
        description: "Least time between two messages of one user in a room; 0 is none. Moderators are exempt.",
      }),
    ),
    retentionSeconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 315_360_000,
        description: "Age after which stored messages are deleted; 0 keeps them.",
      }),
    ),
    textMaxBytes: Type.Optional(
      Type.Integer({ minimum: 1, maximum: textBytesMax, description: "UTF-8 bytes of a message's text." }),
    ),
    maxMembers: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_000_000, description: "Users that may be in a room." }),
    ),
    ephemeral: Type.Optional(
      Type.Object(
        { typing: Type.Optional(Type.Boolean({ description: "Whether members see who is typing." })) },
        { description: "Switches of what is not kept.", minProperties: 1 },
      ),
    ),
    create: Type.Optional(
      Type.Enum(["anyone", "moderators", "nobody"], {
        type: "string",
        description: "Who may write the first entry of a room.",
      }),
    ),
  },
  {
    description: "Which rooms, and what holds in them. What is left out, the deployment's settings decide.",
    "x-kubernetes-validations": [
      {
        rule: policySettingNames.map((name) => `has(self.${name})`).join(" || "),
        message: `a policy must set at least one of ${policySettingNames.join(", ")}`,
      },
    ],
  },
);

const conflict = Type.Object({
  policy: Type.String({ maxLength: 253, description: "The other policy." }),
  field: Type.String({ maxLength: 64, description: "What both set." }),
  message: Type.String({ maxLength: 512, description: "Which one holds, and why." }),
});

const status = {
  revision: Type.String({ maxLength: 64, description: "Of the compiled policies that this one is part of." }),
  matchedRooms: Type.Integer({
    minimum: 0,
    format: "int64",
    description: "Rooms with members that the policy decides for.",
  }),
  conflicts: Type.Array(conflict, { maxItems: 32, "x-kubernetes-list-type": "atomic" }),
};

export const chatRoomPolicy: ResourceKind = {
  kind: "ChatRoomPolicy",
  plural: "chatroompolicies",
  shortNames: ["crp"],
  description:
    "What holds in the rooms that it names: rate, slow mode, retention, size, members, and who may create them.",
  spec: roomPolicySchema,
  status,
  columns: [
    { name: "Rooms", type: "string", jsonPath: ".spec.rooms", description: "Patterns." },
    { name: "Priority", type: "integer", jsonPath: ".spec.priority", description: "The greatest decides." },
    {
      name: "Accepted",
      type: "string",
      jsonPath: '.status.conditions[?(@.type=="Accepted")].status',
      description: "Whether it compiles.",
    },
    {
      name: "InForce",
      type: "string",
      jsonPath: '.status.conditions[?(@.type=="InForce")].status',
      description: "Whether every gateway applies it.",
    },
    {
      name: "Conflicted",
      type: "string",
      jsonPath: '.status.conditions[?(@.type=="Conflicted")].status',
      description: "Whether another policy wins over a part of it.",
    },
    {
      name: "Matches",
      type: "integer",
      jsonPath: ".status.matchedRooms",
      description: "Rooms with members.",
      wide: true,
    },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp", description: "Since it was made." },
  ],
};
