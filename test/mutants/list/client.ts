import { mutantsOf } from "../mutant.ts";

export const clientMutants = mutantsOf("src/client", [
  ["connection.ts", "this.#askedAt = undefined;\n", "", "A wait that was asked for holds for one loss only."],
  [
    "connection.ts",
    "if (dialed !== this.#dialed) return;\n",
    "",
    "A token that comes too late opens no second connection.",
  ],
  [
    "connection.ts",
    "if (renewable && this.#failures === 1) void this.#dial();",
    "if (renewable) void this.#dial();",
    "A renewed token is tried at once a single time.",
  ],
  ["connection.ts", "this.#wire?.close();\n", "", "A connection that is given up is closed."],
  [
    "connection.ts",
    "this.#requests.end(new ConnectionLost(abrupt));\n",
    "",
    "Requests under way end with the connection.",
  ],
  [
    "connection.ts",
    "Math.max(0, this.#askedAt - clock.monotonic())",
    "this.#askedAt",
    "A wait that was asked for runs from the moment of asking.",
  ],
  [
    "connection.ts",
    "if (error === undefined) this.#unreached += 1;",
    "this.#unreached += 1;",
    "Only a route that was not reached is changed.",
  ],
  ["ordering.ts", "comparePositions(previous, entry) !== 0", "true", "An entry held twice leaves no hole."],
  [
    "ordering.ts",
    "comparePositions(entry, last) > 0);",
    "comparePositions(entry, last) >= 0);",
    "A delivered entry is not delivered again.",
  ],
  [
    "ordering.ts",
    "const last = more ? (end ?? before.last) : furthest",
    "const last = furthest",
    "A page that is not the last does not reach the head.",
  ],
  [
    "ordering.ts",
    "settled.hole || more || before.overflowed",
    "settled.hole || more",
    "Entries that were thrown away are asked for again.",
  ],
  ["ordering.ts", "if (!isNext(last, entry)) break;", "", "A hole is not skipped."],
  [
    "ordering.ts",
    "{ ...ordering, held: [], overflowed: true }",
    "{ ...ordering, overflowed: true }",
    "Held entries have a cap.",
  ],
  ["token-source.ts", "this.#proven = false;\n", "", "A second token that is refused at once is final."],
  [
    "token-source.ts",
    "this.#token = undefined;\n    this.#proven",
    "this.#proven",
    "A refused token is not used again.",
  ],
  ["token-renewal.ts", "this.#lastAt + pauseMs - now", "0", "Renewals keep a pause between them."],
  [
    "receipts.ts",
    "this.#uncovered >= everyEntries",
    "this.#uncovered >= 10 * everyEntries",
    "A receipt covers a hundred entries at most.",
  ],
  [
    "receipts.ts",
    "this.#cancel = undefined;\n    this.#uncovered = 0;",
    "this.#uncovered = 0;",
    "After a receipt the timer begins anew.",
  ],
  ["typing-signal.ts", "now - this.#saidAt < repeatMs", "true", "A typist who goes on is shown again."],
  ["open-requests.ts", "if (close()) reject(error);", "close(); reject(error);", "A request ends once."],
]);
