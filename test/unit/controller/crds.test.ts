import { readFileSync } from "node:fs";
import Ajv from "ajv";
import { type Static, Type } from "typebox";
import { describe, expect, expectTypeOf, test } from "vitest";
import { generatedCrds } from "../../../scripts/generated-crds.ts";
import type { RoomPolicySpec } from "../../../src/chat/room-policy-spec.ts";
import { chatPlatform, platformSchema } from "../../../src/controller/crds/chat-platform.ts";
import { chatRoomPolicy, roomPolicySchema } from "../../../src/controller/crds/chat-room-policy.ts";
import { conditionList } from "../../../src/controller/crds/condition-schema.ts";

const ajv = new Ajv.default({ strict: false });

test.each(Object.entries(generatedCrds))("%s says what the source says", (path, make) => {
  expect(readFileSync(path, "utf8")).toBe(make());
});

test("the domain's policy is what the schema lets in", () => {
  expectTypeOf<Static<typeof roomPolicySchema>>().toExtend<RoomPolicySpec>();
});

/** Every node of a schema that stands for a value, with its path. */
function nodes(schema: unknown, path = ""): [string, Record<string, unknown>][] {
  if (typeof schema !== "object" || schema === null) return [];
  const node: Record<string, unknown> = { ...schema };
  const { properties, items } = node;
  const children = typeof properties === "object" && properties !== null ? Object.entries(properties) : [];
  return [
    [path, node],
    ...children.flatMap(([name, child]) => nodes(child, `${path}.${name}`)),
    ...nodes(items, `${path}[]`),
  ];
}

test.each([chatRoomPolicy, chatPlatform])(
  "every text and list of $kind is bounded, so that rules stay cheap",
  (kind) => {
    const all = [...nodes(kind.spec, "spec"), ...nodes(Type.Object(kind.status), "status"), ...nodes(conditionList)];
    const unbounded = all.filter(
      ([, { type, enum: choices, maxLength, maxItems }]) =>
        (type === "string" && choices === undefined && maxLength === undefined) ||
        (type === "array" && maxItems === undefined),
    );
    expect(all.length).toBeGreaterThan(15);
    expect(unbounded.map(([path]) => path)).toEqual([]);
  },
);

test("a platform without a word in its spec is whole", () => {
  expect(ajv.validate(platformSchema, {})).toBe(true);
  expect(ajv.validate(platformSchema, { headroomPercent: 100 })).toBe(false);
});

describe("roomPolicySchema", () => {
  const validate = ajv.compile(roomPolicySchema);
  test.each([
    [{ rooms: ["team:*"], slowModeSeconds: 5 }],
    [{ rooms: ["**"], rate: { perSecond: 1, burst: 2 }, create: "nobody", ephemeral: { typing: false } }],
  ])("takes %j", (spec) => {
    expect(validate(spec)).toBe(true);
  });
  test.each([
    [{ rooms: [] }],
    [{ slowModeSeconds: 5 }],
    [{ rooms: ["a b"] }],
    [{ rooms: ["a:"] }],
    [{ rooms: ["a".repeat(129)] }],
    [{ rooms: ["a"], slowModeSeconds: -1 }],
    [{ rooms: ["a"], maxMembers: 0 }],
    [{ rooms: ["a"], retentionSeconds: -1 }],
    [{ rooms: ["a"], rate: { perSecond: 1 } }],
    [{ rooms: ["a"], create: "root" }],
  ])("refuses %j", (spec) => {
    expect(validate(spec)).toBe(false);
  });
});
