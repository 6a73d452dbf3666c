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
      "Nothing looks at the source after the stop.",
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
      "ephemeral: stronger.ephemeral",
      "Ephemeral switches are decided one by one.",
    ],
    [
      "room-policy.ts",
      "if (text.length > policyLimits.bytes) return undefined;",
      "",
      "A document over its limit is refused.",
    ],
  ]),
];
