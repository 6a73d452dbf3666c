import { mutantsOf } from "../mutant.ts";

export const policyMutants = [
  ...mutantsOf("src/policies", [
    [
      "policies-in-force.ts",
      "found.revision <= this.#revision",
      "found.revision < 0",
      "An older revision changes nothing.",
    ],
    [
      "policies-in-force.ts",
      "this.#rules = rules;\n    this.#known.clear();",
      "this.#rules = rules;",
      "A new policy holds at once in rooms that were asked for before.",
    ],
    [
      "policies-in-force.ts",
      "[...found.document.rules, ...base.rules]",
      "found.document.rules",
      "The base holds where nothing that is published says otherwise.",
    ],
    [
      "policies-in-force.ts",
      "if (this.#known.size >= rememberedRooms) this.#forgetRooms();",
      "",
      "The memory of rooms has a cap.",
    ],
    [
      "policies-in-force.ts",
      "if (this.#stopped) return;\n    this.#cancel",
      "this.#cancel",
      "A stop in the middle of a look is followed by none.",
    ],
    ["policies-in-force.ts", "this.#cancel();\n    return Promise", "return Promise", "A stop leaves no timer behind."],
  ]),
  ...mutantsOf("src/chat", [
    ["room-policy.ts", "theirs - ours ||", "ours - theirs ||", "The higher priority decides."],
    [
      "room-policy.ts",
      "return a.createdAt - b.createdAt;",
      "return b.createdAt - a.createdAt;",
      "Of equals the older policy decides.",
    ],
    ["room-policy.ts", "matching.reduceRight<", "matching.reduce<", "The strongest rule decides a field."],
    [
      "room-policy.ts",
      "ephemeral: { ...weaker.ephemeral, ...stronger.ephemeral }",
      "ephemeral: { ...stronger.ephemeral, ...weaker.ephemeral }",
      "Of two policies that set an ephemeral switch the stronger decides.",
    ],
    [
      "room-policy.ts",
      "if (text.length > policyLimits.bytes) return undefined;",
      "",
      "A document over its limit is refused.",
    ],
  ]),
];
