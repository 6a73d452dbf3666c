import { mutantsOf } from "../mutant.ts";

export const canaryMutants = mutantsOf("src/canary", [
  [
    "soundness.ts",
    "round.at - before.lastAt > rules.maxAgeMs",
    "round.at - before.lastAt > 0",
    "One lost round does not end readiness.",
  ],
  [
    "soundness.ts",
    "inRow >= rules.toReturn",
    "inRow >= 1",
    "Readiness comes back after the named number of sound rounds.",
  ],
  [
    "soundness.ts",
    "isSound: before.isSound && !isOld, inRow: 0",
    "isSound: before.isSound && !isOld, inRow: before.inRow",
    "A failure begins the row of sound rounds anew.",
  ],
  ["pass.ts", "this.#secret = undefined;\n    const", "const", "A secret is taken once."],
  [
    "pass.ts",
    'can: ["read", "write"]',
    'can: ["read", "write", "moderate"]',
    "The canary may read and write its room and nothing else.",
  ],
  ["peers.ts", "from.id === this.#options.user || ", "", "Own messages are no answers of others."],
  ["peers.ts", "at - mine.at - heldMs", "at - mine.at", "The time that another held a message does not count."],
  [
    "peers.ts",
    "if (before + 1 < mustHaveHad) return;",
    "",
    "Another may speak once before it is said to have missed a message.",
  ],
  ["peers.ts", ".slice(-maxReceipts);", ";", "A message carries a bounded number of receipts."],
  ["canary.ts", 'if (leg !== "stored" && leg !== "history") this', "this", "A round whose store fails counts once."],
  ["canary.ts", "this.#judge(true);\n", "", "A round that came through makes ready."],
  [
    "canary.ts",
    "clock.monotonic() - at) / 1_000",
    "clock.monotonic() - at)",
    "The age of the last round is in seconds.",
  ],
  [
    "visit.ts",
    "if (entries[0]?.id !== id) throw",
    "if (entries.length === 0) throw",
    "What is read back is the message that was sent.",
  ],
  ["visit.ts", "push.payload.room === canaryRoom", "true", "Messages of other rooms do not count."],
]);
