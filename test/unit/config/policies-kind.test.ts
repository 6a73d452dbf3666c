import { expect, test } from "vitest";
import { compileSettings } from "../../../src/config/index.ts";

function compiled(policies: unknown) {
  return compileSettings(
    { policies: typeof policies === "string" ? policies : JSON.stringify(policies) },
    "all-in-one",
  );
}

test("policies are read as a document, the strongest first", () => {
  const { policies } = compiled({
    general: { rooms: ["**"], textMaxBytes: 100 },
    calm: { rooms: ["team:**", "lobby"], slowModeSeconds: 30 },
  });
  expect(policies?.rules).toEqual([
    { room: "lobby", policy: "calm", settings: { slowModeSeconds: 30 } },
    { room: "team:**", policy: "calm", settings: { slowModeSeconds: 30 } },
    { room: "**", policy: "general", settings: { textMaxBytes: 100 } },
  ]);
});

test("without them there are none", () => {
  expect(compileSettings({}, "all-in-one").policies).toBeUndefined();
});

test.each([
  ["{", "no JSON object"],
  ["[]", "no JSON object"],
  [{ calm: { rooms: ["a:**:b"], slowModeSeconds: 1 } }, '"calm": rooms has "a:**:b"'],
  [{ calm: { rooms: ["a"], slowModeSeconds: -1 } }, '"calm": slowModeSeconds must be a whole number from 0 to 21600'],
  [
    Object.fromEntries(
      Array.from({ length: 20 }, (_policy, p) => [
        `p${p}`,
        { rooms: Array.from({ length: 60 }, (_, i) => `r${i}`), create: "nobody" },
      ]),
    ),
    "more than 1000 patterns",
  ],
])("the start fails with one line that says which policy is wrong and why: %j", (policies, fault) => {
  expect(() => compiled(policies)).toThrow(fault);
  expect(() => compiled(policies)).toThrow(/^WEIR_POLICIES is not valid: .*; allowed: JSON such as/);
});
