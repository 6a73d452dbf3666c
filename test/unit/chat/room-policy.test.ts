import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { matchesRoom } from "../../../src/chat/room-match.ts";
import {
  compareRules,
  documentOf,
  type NamedPolicy,
  parsePolicyDocument,
  policyFor,
  rulesOf,
} from "../../../src/chat/room-policy.ts";
import { faultInPolicy } from "../../../src/chat/room-policy-check.ts";
import type { RoomPolicySpec } from "../../../src/chat/room-policy-spec.ts";

function named(name: string, spec: Partial<RoomPolicySpec>, createdAt = 0): NamedPolicy {
  return { name, createdAt, spec: { rooms: ["**"], ...spec } };
}

function resolve(room: string, ...policies: readonly NamedPolicy[]) {
  return policyFor(documentOf(policies).rules, room);
}

const patterns = fc.uniqueArray(fc.constantFrom("**", "*", "a", "b", "a:*", "a:**", "a:b", "*:b"), {
  minLength: 1,
  maxLength: 3,
});
const spec: fc.Arbitrary<RoomPolicySpec> = fc.record(
  {
    rooms: patterns,
    priority: fc.integer({ min: 0, max: 2 }),
    rate: fc.integer({ min: 1, max: 3 }).map((perSecond) => ({ perSecond, burst: perSecond })),
    slowModeSeconds: fc.integer({ min: 0, max: 3 }),
    textMaxBytes: fc.integer({ min: 1, max: 3 }),
    ephemeral: fc.record({ typing: fc.boolean() }),
    create: fc.constantFrom("anyone", "moderators", "nobody"),
  },
  { requiredKeys: ["rooms", "slowModeSeconds"] },
);
const policies = fc.uniqueArray(fc.record({ name: fc.stringMatching(/^[a-z]{1,2}$/), createdAt: fc.nat(2), spec }), {
  selector: ({ name }) => name,
  maxLength: 6,
});
const room = fc.constantFrom("a", "b", "c", "a:b", "a:c", "c:b", "a:b:c");

describe("of policies that match a room", () => {
  test("each field is decided by the strongest that sets it, and the rest stays open", () => {
    const general = named("general", { slowModeSeconds: 5, textMaxBytes: 100 });
    const quiet = named("quiet", { rooms: ["team:*"], slowModeSeconds: 60 });
    expect(resolve("team:7", general, quiet)).toEqual({ slowModeSeconds: 60, textMaxBytes: 100 });
    expect(resolve("lobby", general, quiet)).toEqual({ slowModeSeconds: 5, textMaxBytes: 100 });
    expect(resolve("lobby", quiet)).toEqual({});
  });

  test("a 0 decides like any other value: it switches off what a weaker one sets", () => {
    const general = named("general", { slowModeSeconds: 5 });
    expect(resolve("a", general, named("off", { rooms: ["a"], slowModeSeconds: 0 }))).toEqual({ slowModeSeconds: 0 });
  });

  test("priority goes before the pattern, the pattern before age, age before the name", () => {
    const strong = named("strong", { priority: 1, slowModeSeconds: 1 }, 9);
    const narrow = named("narrow", { rooms: ["a"], slowModeSeconds: 2 }, 8);
    const old = named("z", { slowModeSeconds: 3 }, 1);
    const twin = named("y", { slowModeSeconds: 4 }, 1);
    expect(resolve("a", twin, old, narrow, strong)).toEqual({ slowModeSeconds: 1 });
    expect(resolve("a", twin, old, narrow)).toEqual({ slowModeSeconds: 2 });
    expect(resolve("a", named("young", { slowModeSeconds: 5 }, 2), old)).toEqual({ slowModeSeconds: 3 });
    expect(resolve("a", old, twin)).toEqual({ slowModeSeconds: 4 });
  });

  test("the order in which they are given changes nothing", () => {
    fc.assert(
      fc.property(policies, fc.nat(), (given, seed) => {
        const turned = given.slice(seed % (given.length + 1)).concat(given.slice(0, seed % (given.length + 1)));
        expect(documentOf(turned)).toEqual(documentOf(given));
        expect(documentOf(given.toReversed())).toEqual(documentOf(given));
      }),
    );
  });

  test("precedence is total: of two rules that are not the same, one goes first", () => {
    fc.assert(
      fc.property(policies, (given) => {
        const rules = given.flatMap(rulesOf);
        for (const a of rules)
          for (const b of rules) {
            expect(Math.sign(compareRules(a, b))).toBe(0 - Math.sign(compareRules(b, a)));
            if (a.policy !== b.policy) expect(compareRules(a, b)).not.toBe(0);
          }
      }),
    );
  });

  test("a field has the value of the first matching rule that sets it, by a search of its own", () => {
    fc.assert(
      fc.property(policies, room, (given, name) => {
        const matching = given.flatMap(rulesOf).filter((rule) => matchesRoom(rule.room, name));
        const strongest = matching.sort(compareRules).map(({ policy }) => policy.spec);
        const found = policyFor(documentOf(given).rules, name);
        expect(found.textMaxBytes).toBe(strongest.find(({ textMaxBytes }) => textMaxBytes !== undefined)?.textMaxBytes);
        expect(found.slowModeSeconds).toBe(strongest[0]?.slowModeSeconds);
        expect(found.rate).toEqual(strongest.find(({ rate }) => rate !== undefined)?.rate);
        expect(found.ephemeral?.typing).toBe(
          strongest.find(({ ephemeral }) => ephemeral?.typing !== undefined)?.ephemeral?.typing,
        );
      }),
    );
  });
});

describe("a document", () => {
  test("is the same after it was written and read", () => {
    fc.assert(
      fc.property(policies, (given) => {
        const document = documentOf(given);
        expect(parsePolicyDocument(JSON.stringify(document))).toEqual(document);
      }),
    );
  });

  test.each([
    ["no JSON", "{"],
    ["a list", "[]"],
    ["no rules", "{}"],
    ["a rule that is none", '{"rules":[1]}'],
    ["a pattern that is none", '{"rules":[{"room":"a:**:b","policy":"p","settings":{}}]}'],
    ["a setting that is not known", '{"rules":[{"room":"a","policy":"p","settings":{"color":1}}]}'],
    ["a setting out of bounds", '{"rules":[{"room":"a","policy":"p","settings":{"textMaxBytes":0}}]}'],
    [
      "too many rules",
      JSON.stringify({ rules: Array.from({ length: 1_001 }, () => ({ room: "a", policy: "p", settings: {} })) }),
    ],
    ["too many bytes", JSON.stringify({ rules: [], more: "x".repeat(300_000) })],
  ])("with %s is none", (_, text) => {
    expect(parsePolicyDocument(text)).toBeUndefined();
  });
});

describe("a policy", () => {
  test("that is right has no fault", () => {
    const all = {
      rooms: ["team:*", "**"],
      priority: 5,
      rate: { perSecond: 5, burst: 10 },
      userRate: { perSecond: 1, burst: 1 },
      slowModeSeconds: 0,
      retentionSeconds: 86_400,
      textMaxBytes: 100,
      maxMembers: 2,
      ephemeral: { typing: false },
      create: "moderators",
    };
    expect(faultInPolicy(all)).toBeUndefined();
  });

  test.each([
    [{}, "rooms is missing"],
    [3, "an object"],
    [{ rooms: ["a"] }, "at least one of rate"],
    [{ rooms: [], create: "anyone" }, "list of 1 to 64 patterns"],
    [{ rooms: ["a", "a"], create: "anyone" }, "twice"],
    [{ rooms: ["a:**:b"], create: "anyone" }, '"a:**:b", which is no pattern'],
    [{ rooms: [7], create: "anyone" }, "7, which is no pattern"],
    [{ rooms: ["a"], create: "granted" }, "create must be one of anyone, moderators, nobody"],
    [{ rooms: ["a"], slowModeSeconds: 1.5 }, "slowModeSeconds must be a whole number from 0 to 21600"],
    [{ rooms: ["a"], maxMembers: "2" }, "maxMembers must be"],
    [{ rooms: ["a"], rate: { perSecond: 5 } }, "burst is missing"],
    [{ rooms: ["a"], rate: 5 }, "rate must be { perSecond, burst }"],
    [{ rooms: ["a"], rate: { perSecond: 5, burst: 4 } }, "burst of at least perSecond"],
    [{ rooms: ["a"], ephemeral: {} }, "ephemeral must be { typing }"],
    [{ rooms: ["a"], ephemeral: { presence: true } }, "presence is not known here"],
    [{ rooms: ["a"], ephemeral: { typing: "no" } }, "typing must be true or false"],
    [{ rooms: ["a"], constructor: 1 }, "constructor is not known here"],
  ])("%j: %s", (value, fault) => {
    expect(faultInPolicy(value)).toContain(fault);
  });
});
