import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePolicyDocument, policyFor } from "../../../src/chat/room-policy.ts";
import { faultInPolicy } from "../../../src/chat/room-policy-check.ts";
import { compilePolicies, type PolicyResource } from "../../../src/controller/policies/compile-policies.ts";

function resource(name: string, spec: unknown, createdAt = 0): PolicyResource {
  return { name, createdAt, spec };
}

function conditionOf(statuses: ReturnType<typeof compilePolicies>["statuses"], name: string, type: string) {
  return statuses.find((status) => status.name === name)?.conditions.find((condition) => condition.type === type);
}

const room = fc.constantFrom("**", "*", "a", "b*", "a:*", "a:**", "*:b", "bad:**:x");
const spec = fc.record(
  {
    rooms: fc.uniqueArray(room, { minLength: 1, maxLength: 3 }),
    priority: fc.integer({ min: 0, max: 1 }),
    slowModeSeconds: fc.integer({ min: -1, max: 2 }),
    textMaxBytes: fc.integer({ min: 1, max: 2 }),
  },
  { requiredKeys: ["rooms"] },
);
const resources = fc.uniqueArray(fc.record({ name: fc.stringMatching(/^[a-z]$/), createdAt: fc.nat(2), spec }), {
  selector: ({ name }) => name,
  maxLength: 6,
});
const names = fc.uniqueArray(fc.constantFrom("a", "b", "c", "a:b", "a:c", "a:b:c"), { maxLength: 6 });

describe("compiled policies", () => {
  test("hold what is right, and of what is wrong the status says what", () => {
    const { document, statuses } = compilePolicies({
      resources: [
        resource("calm", { rooms: ["team:**"], slowModeSeconds: 30 }),
        resource("broken", { rooms: ["a:**:b"], slowModeSeconds: 30 }),
      ],
    });
    expect(document.rules).toEqual([{ room: "team:**", policy: "calm", settings: { slowModeSeconds: 30 } }]);
    expect(statuses.map(({ name, accepted }) => [name, accepted])).toEqual([
      ["calm", true],
      ["broken", false],
    ]);
    expect(conditionOf(statuses, "broken", "Accepted")).toMatchObject({ status: "False", reason: "Invalid" });
    expect(conditionOf(statuses, "broken", "Accepted")?.message).toContain('"a:**:b"');
  });

  test("are a document that gateways can read, whatever the resources, and the same in any order", () => {
    fc.assert(
      fc.property(resources, names, (given, activeRooms) => {
        const { document, statuses } = compilePolicies({ resources: given, activeRooms });
        expect(parsePolicyDocument(JSON.stringify(document))).toEqual(document);
        expect(compilePolicies({ resources: given.toReversed() }).document).toEqual(document);
        expect(statuses.map(({ name }) => name)).toEqual(given.map(({ name }) => name));
        for (const [i, { accepted }] of statuses.entries())
          expect(accepted).toBe(faultInPolicy(given[i]?.spec) === undefined);
      }),
    );
  });

  test("say how many active rooms a policy decides something for", () => {
    const given = [
      resource("general", { rooms: ["**"], slowModeSeconds: 5 }),
      resource("team", { rooms: ["team:*"], slowModeSeconds: 1 }),
      resource("size", { rooms: ["team:7"], textMaxBytes: 10 }),
    ];
    const activeRooms = ["lobby", "team:7", "team:8", "lobby"];
    const { statuses } = compilePolicies({ resources: given, activeRooms });
    expect(statuses.map(({ matchedRooms }) => matchedRooms)).toEqual([1, 2, 1]);
    expect(compilePolicies({ resources: given }).statuses[0]).not.toHaveProperty("matchedRooms");
  });

  test("say no number where rooms times letters of patterns are over ten million", () => {
    const wide = resource("wide", { rooms: Array.from({ length: 64 }, (_, i) => `r${i}`), slowModeSeconds: 1 });
    const withRooms = (count: number) =>
      compilePolicies({ resources: [wide], activeRooms: Array.from({ length: count }, () => "r1") }).statuses[0];
    // The patterns have 182 letters.
    expect(withRooms(54_945)).toHaveProperty("matchedRooms", 1);
    expect(withRooms(54_946)).not.toHaveProperty("matchedRooms");
  });

  test("a policy counts every room in which something would be different without it", () => {
    fc.assert(
      fc.property(resources, names, (given, activeRooms) => {
        const { document, statuses } = compilePolicies({ resources: given, activeRooms });
        for (const { name, accepted, matchedRooms } of statuses) {
          if (!accepted) continue;
          const without = document.rules.filter(({ policy }) => policy !== name);
          const changed = activeRooms.filter(
            (active) => !isDeepStrictEqual(policyFor(without, active), policyFor(document.rules, active)),
          );
          expect(matchedRooms).toBeGreaterThanOrEqual(changed.length);
        }
      }),
    );
  });
});

describe("a conflict", () => {
  test("is told to both where only their age decides, with the one that holds", () => {
    const { statuses } = compilePolicies({
      resources: [
        resource("young", { rooms: ["team:*"], slowModeSeconds: 30, create: "nobody" }, 2),
        resource("old", { rooms: ["x", "team:*"], slowModeSeconds: 10, textMaxBytes: 5 }, 1),
      ],
    });
    const [young, old] = statuses;
    expect(young?.conflicts).toEqual([
      { policy: "old", field: "slowModeSeconds", message: '"old" holds in team:*, being older' },
    ]);
    expect(old?.conflicts).toEqual([
      { policy: "young", field: "slowModeSeconds", message: 'this one holds in team:*, being older than "young"' },
    ]);
    expect(conditionOf(statuses, "young", "Conflicted")).toMatchObject({ status: "True", reason: "DecidedByAge" });
  });

  test.each([
    [
      "a greater priority decides",
      { rooms: ["a"], slowModeSeconds: 1 },
      { rooms: ["a"], priority: 1, slowModeSeconds: 2 },
    ],
    ["a more specific pattern decides", { rooms: ["**"], slowModeSeconds: 1 }, { rooms: ["a"], slowModeSeconds: 2 }],
    ["no room matches both", { rooms: ["a"], slowModeSeconds: 1 }, { rooms: ["b"], slowModeSeconds: 2 }],
    ["both say the same", { rooms: ["a"], slowModeSeconds: 1 }, { rooms: ["a"], slowModeSeconds: 1 }],
    ["they set different things", { rooms: ["a"], slowModeSeconds: 1 }, { rooms: ["a"], textMaxBytes: 1 }],
  ])("is none where %s", (_, one, other) => {
    const { statuses } = compilePolicies({ resources: [resource("one", one), resource("other", other)] });
    expect(statuses.map(({ conflicts }) => conflicts)).toEqual([[], []]);
    expect(conditionOf(statuses, "one", "Conflicted")).toMatchObject({ status: "False" });
  });
});

test("a conflict is told once for two policies, however many of their patterns meet", () => {
  const rooms = ["a", "b", "c:*"];
  const { statuses } = compilePolicies({
    resources: [resource("one", { rooms, create: "nobody" }), resource("two", { rooms, create: "anyone" })],
  });
  expect(statuses.map(({ conflicts }) => conflicts.map(({ policy, field }) => [policy, field]))).toEqual([
    [["two", "create"]],
    [["one", "create"]],
  ]);
});

describe("the comparisons of one round", () => {
  /** Patterns that differ in their last letters alone, so that each has to be looked at to its end. */
  const alike = (policies: number, each: number): PolicyResource[] =>
    Array.from({ length: policies }, (_, i) => {
      const rooms = Array.from(
        { length: each },
        (__, j) => `*:${"a:".repeat(50)}${String(i * each + j).padStart(4, "0")}`,
      );
      return resource(`p${i}`, { rooms, slowModeSeconds: i }, i);
    });

  test("end at their budget: all policies are applied, and those that were not compared say so", () => {
    const given = alike(31, 32);
    const { document, statuses } = compilePolicies({ resources: given });
    expect(document.rules).toHaveLength(31 * 32);
    expect(statuses.every(({ accepted }) => accepted)).toBe(true);
    expect(conditionOf(statuses, "p30", "Conflicted")).toMatchObject({ status: "Unknown", reason: "NotLookedAt" });
    expect(compilePolicies({ resources: given })).toEqual({ document, statuses });
  });

  test("many patterns that are alike do not keep others from being compared", () => {
    const twins = ["twin-a", "twin-b"].map((name, i) =>
      resource(name, { rooms: ["lobby*"], create: i === 0 ? "nobody" : "anyone" }),
    );
    const { statuses } = compilePolicies({ resources: [...twins, ...alike(31, 32)] });
    expect(conditionOf(statuses, "twin-a", "Conflicted")).toMatchObject({ status: "True", reason: "DecidedByAge" });
    expect(conditionOf(statuses, "twin-b", "Conflicted")).toMatchObject({ status: "True", reason: "DecidedByAge" });
  });

  test("cover as many plain policies as a document holds", () => {
    const given = Array.from({ length: 1_000 }, (_, i) =>
      resource(`p${i}`, { rooms: [`team:${String(i).padStart(4, "0")}:*`], slowModeSeconds: i }),
    );
    const { statuses } = compilePolicies({ resources: given });
    expect(new Set(statuses.map(({ name }) => conditionOf(statuses, name, "Conflicted")?.reason))).toEqual(
      new Set(["NoConflict"]),
    );
  });

  test("tell 32 conflicts of a policy at most, and count the rest", () => {
    const given = Array.from({ length: 101 }, (_, i) => resource(`p${i}`, { rooms: ["a:**"], slowModeSeconds: i }, i));
    const { statuses } = compilePolicies({ resources: given });
    expect(statuses[0]?.conflicts).toHaveLength(32);
    expect(conditionOf(statuses, "p0", "Conflicted")?.message).toMatch(/, and 99 more$/);
  });
});

describe("more than a document may hold", () => {
  const rooms = Array.from({ length: 60 }, (_, i) => `room-${i}`);

  test("leaves out the youngest, says so, and keeps the document within its limits", () => {
    const given = Array.from({ length: 20 }, (_, i) => resource(`p${i}`, { rooms, create: "nobody" }, 100 - i));
    const { document, statuses } = compilePolicies({ resources: given });
    const left = statuses.filter(({ accepted }) => !accepted);
    expect(left.map(({ name }) => name)).toEqual(["p0", "p1", "p2", "p3"]);
    expect(left[0]?.conditions).toMatchObject([{ type: "Accepted", status: "False", reason: "OverLimit" }]);
    expect(parsePolicyDocument(JSON.stringify(document))).toBeDefined();
  });

  test("by bytes too: a document that compiles can be published", () => {
    const long = Array.from({ length: 50 }, (_, i) => `${"x".repeat(120)}-${i}`);
    const all = {
      rate: { perSecond: 1_000, burst: 10_000 },
      userRate: { perSecond: 1_000, burst: 10_000 },
      slowModeSeconds: 1_000,
    };
    const given = Array.from({ length: 20 }, (_, i) =>
      resource(`p${i}`, { rooms: long, ...all, create: "moderators" }, i),
    );
    const { document, statuses } = compilePolicies({ resources: given });
    expect(JSON.stringify(document).length).toBeLessThanOrEqual(262_144);
    expect(JSON.stringify(document).length).toBeGreaterThan(200_000);
    expect(statuses.some(({ accepted }) => !accepted)).toBe(true);
    expect(parsePolicyDocument(JSON.stringify(document))).toEqual(document);
  });
});
