import Ajv from "ajv";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parsePolicyDocument } from "../../../src/chat/room-policy.ts";
import { faultInPolicy } from "../../../src/chat/room-policy-check.ts";
import { policies } from "../../../src/config/policies-kind.ts";
import { roomPolicySchema } from "../../../src/controller/crds/chat-room-policy.ts";

/** Rules of the resource that only the API server can apply. */
function breaksServerRules(spec: object): boolean {
  const { rate, userRate, rooms, priority: _priority, ...rest }: Record<string, unknown> = { ...spec };
  const isInverted = (value: unknown): boolean =>
    typeof value === "object" &&
    value !== null &&
    "burst" in value &&
    "perSecond" in value &&
    Number(value.burst) < Number(value.perSecond);
  const isBadPattern = (text: unknown): boolean =>
    /\*\*./.test(String(text)) || /[^:/]\*\*$/.test(String(text)) || String(text).split("*").length > 9;
  const isRepeated = Array.isArray(rooms) && new Set(rooms).size !== rooms.length;
  const isEmpty = [rate, userRate, ...Object.values(rest)].every((value) => value === undefined);
  return (
    isInverted(rate) ||
    isInverted(userRate) ||
    isRepeated ||
    isEmpty ||
    (Array.isArray(rooms) && rooms.some(isBadPattern))
  );
}

const number = fc.oneof(
  fc.constantFrom(-1, 0, 1, 59, 1_000, 1_001, 10_000, 10_001, 21_600, 21_601, 32_768, 32_769),
  fc.constant(1.5),
);
const rate = fc.record({ perSecond: number, burst: number }, { requiredKeys: ["perSecond"] });
const spec = fc.record(
  {
    rooms: fc.array(
      fc.constantFrom(
        "a",
        "**",
        "a:*",
        "a:**",
        "a:**:b",
        "a b",
        "x**",
        "",
        "*a*b*c*d*e*f*g*h",
        "a*b*c*d*e*f*g:**",
        "*a*b*c*d*e*f*g*h*",
        "a*b*c*d*e*f*g*:**",
      ),
      { maxLength: 2 },
    ),
    priority: number,
    rate,
    userRate: rate,
    slowModeSeconds: number,
    retentionSeconds: number,
    textMaxBytes: number,
    maxMembers: number,
    ephemeral: fc.record({ typing: fc.constantFrom(true, false, "no") }, { requiredKeys: [] }),
    create: fc.constantFrom("anyone", "moderators", "nobody", "granted"),
  },
  { requiredKeys: [] },
);
const oneField = spec.chain((all) =>
  fc.subarray(Object.keys(all), { maxLength: 2 }).map((kept) => ({
    rooms: ["a"],
    ...Object.fromEntries(Object.entries(all).filter(([name]) => kept.includes(name))),
  })),
);

test("what the controller takes is what the API server takes", () => {
  const accepts = new Ajv.default({ strict: false }).compile(roomPolicySchema);
  fc.assert(
    fc.property(fc.oneof(oneField, spec), (given) => {
      expect(faultInPolicy(given) === undefined).toBe(accepts(given) && !breaksServerRules(given));
    }),
    { numRuns: 2_000 },
  );
});

test("a policy has at most 64 patterns, for the controller and for the API server", () => {
  const accepts = new Ajv.default({ strict: false }).compile(roomPolicySchema);
  const withPatterns = (count: number) => ({
    rooms: Array.from({ length: count }, (_, i) => `room-${i}`),
    slowModeSeconds: 1,
  });
  for (const [count, isTaken] of [
    [64, true],
    [65, false],
  ] as const) {
    expect(faultInPolicy(withPatterns(count)) === undefined).toBe(isTaken);
    expect(accepts(withPatterns(count))).toBe(isTaken);
  }
});

test("a pattern of a policy has at most 8 stars: so say the setting and the rule that the API server applies", () => {
  const [, expression = "no rule"] = /matches\('(\^\[\^\*\][^']+)'\)/.exec(JSON.stringify(roomPolicySchema)) ?? [];
  const applied = new RegExp(expression);
  fc.assert(
    fc.property(fc.stringMatching(/^(a?\*){1,12}a$/), (pattern) => {
      const isFew = pattern.split("*").length - 1 <= 8;
      expect(applied.test(pattern)).toBe(isFew);
      if (!pattern.includes("**")) {
        expect(faultInPolicy({ rooms: [pattern], create: "nobody" }) === undefined).toBe(isFew);
        const setting = policies().fault?.(JSON.stringify({ calm: { rooms: [pattern], create: "nobody" } }));
        expect(setting?.includes("8 stars")).toBe(isFew ? undefined : true);
      }
    }),
  );
});

test("gateways read a document of before the limit of stars", () => {
  const rules = [{ room: "*a*b*c*d*e*f*g*h*i", policy: "calm", settings: { create: "nobody" } }];
  expect(parsePolicyDocument(JSON.stringify({ rules }))?.rules).toEqual(rules);
});
