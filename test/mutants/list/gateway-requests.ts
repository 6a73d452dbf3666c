import { type MutantRow, mutantsOf } from "../mutant.ts";

const order: readonly MutantRow[] = [
  ["signal.throwIfAborted();", "", "A request that was answered with TIMEOUT while it waited never starts."],
  ["this.#waiting -= 1;", "", "Requests that have begun no longer count as waiting."],
  ["if (!released) release = this.#hold(key, answer);", "", "A later request waits for one that can be overtaken."],
  ["[this.#newest.get(connectionKey), ", "[", "Requests after a refresh see the new grant."],
  ["if (this.#newest.get(key) === promise) ", "", "The end of a request lets none overtake a newer one."],
  ["this.#waiting >= this.#options.waitingMax", "false", "The number of waiting requests is limited."],
].map(([find = "", replace = "", rule = ""]) => ["request-order.ts", find, replace, rule]);

const handlers: readonly MutantRow[] = [
  ["edit.ts", "  release();\n", "", "Sends behind an edit wait for no answer."],
  ["react.ts", "  release();\n", "", "Sends behind a reaction wait for no answer."],
  ["delete.ts", "  release();\n", "", "Sends behind a delete wait for no answer."],
  ["history.ts", "  release();\n", "", "A read of history holds back no send."],
  ["send.ts", "  release();\n", "", "Sends wait for no answer of each other."],
  ["send.ts", "await turn;", "release();", "A change that follows a send in slow mode comes after it."],
  [
    "send.ts",
    "if (request.replyTo !== undefined)",
    "if (request.replyTo === 0)",
    "A reply names a message of the room.",
  ],
  [
    "join-rooms.ts",
    "return () => rechecked(part, answer);",
    "return () => answer;",
    "A room of many whose right is taken before the answer is refused.",
  ],
  ["receipt.ts", '  scope.member(room, "read");\n', "", "A receipt without membership is refused."],
  ["typing.ts", 'scope.member(room, "write")', 'scope.member(room, "read")', "A reader shows no typing."],
  [
    "delete.ts",
    "isHeld: () => scope.abilities",
    "isHeld: () => scope.principal().admin || scope.abilities",
    "`admin` alone deletes nothing.",
  ],
  ["refresh.ts", "next.id !== present.id", "false", "A token of another user is refused."],
  [
    "refresh.ts",
    "if (next.issuedAt < present.issuedAt) throw",
    "if (next.issuedAt < 0) throw",
    "`iat` goes never back.",
  ],
  ["refresh.ts", "if (next.issuedAt === undefined) throw", "if (next.issuedAt === 0) throw", "`iat` is never lost."],
];

const gateway: readonly MutantRow[] = [
  ["is-anchored.ts", "&& Number(entry.epoch) <= Number(place.epoch)", "", "A seq that was given twice is a break."],
  ["feeds.ts", "    await this.#closing.get(room);\n", "", "A room joined again while it is unsubscribed is heard."],
  [
    "catch-up.ts",
    "upTo: later(last, head),",
    "upTo: last,",
    "A catch-up ends at the head of an epoch without entries.",
  ],
  ["insistence.ts", "Math.max(toldUntil, until)", "until", "Of two waits the later end counts."],
  ["shedder.ts", "this.#state = evenState;\n    this", "this", "Patience begins anew without the others' figures."],
  [
    "request-gate.ts",
    'if (limit === "receipt") return { waitMs, manner: "plain" };',
    "",
    "Receipts cost no connection.",
  ],
  ["request-gate.ts", 'metrics.count("weir_rate_limited_total", { limit });', "", "Each refusal by rate is counted."],
  ["append.ts", "  scope.commit();\n", "", "A right that is taken while a request waits appends nothing."],
  ["session.ts", "    scope.recheck();\n", "", "A right that is taken while a request waits is answered nothing."],
  ["chat-request.ts", "if (this.#isCommitted) return;", "", "What is in the log is acknowledged."],
  [
    "room-gate.ts",
    "return scope.uses({",
    "return scope.part().uses({",
    "A moderator's exemption counts until the request is done.",
  ],
  ["append.ts", "feeds.hold(entry.room)", "() => {}", "A send at `stored` is answered after a leave."],
  ["append.ts", ".finally(letGo)", "", "A room is let go after a send at `stored`."],
  ["session.ts", "this.#rooms.size + this.#entering.size", "this.#rooms.size", "Joins under way count as rooms."],
  ["session.ts", "return () => void this.#entering.delete(room);", "return () => {};", "A failed join takes no room."],
  ["session.ts", "{ retryable: false }", "{}", "A connection's limit of rooms is not retryable."],
  ["typing-gate.ts", "typist?.typing.connection === connection", "typist", "Another connection's typing goes on."],
  ["typing-gate.ts", "    typist.cancelEnd();\n", "", "A typing that is set again goes on."],
  [
    "typing-gate.ts",
    "else if (!typist.wanted) this",
    "else if (typist.sent && !typist.wanted) this",
    "Ended typings are forgotten.",
  ],
  ["typing-gate.ts", "on && this.#typists.size >= max", "false", "The number of typists is limited."],
];

export const gatewayRequestMutants = [
  ...mutantsOf("src/gateway", [...order, ...gateway]),
  ...mutantsOf("src/gateway/handlers", handlers),
  ...mutantsOf("src/protocol", [
    ["validate.ts", "    refuseInvisible(payload);\n", "", "A text without anything visible is refused."],
    ["kept-values.ts", " && !Object.is(value, -0)", "", "A zero with a sign is refused."],
    ["kept-values.ts", "Number.MAX_SAFE_INTEGER && ", "Number.MAX_VALUE && ", "An integer beyond 2^53 - 1 is refused."],
    ["kept-values.ts", "\\u2800", "", "A blank braille pattern shows nothing."],
    ["errors.ts", "options.retryable ?? ", "", "A single error says that a retry never helps."],
    [
      "limits.ts",
      "const escapedByte = 6;",
      "const escapedByte = 2;",
      "Escaped values of allowed size fit into a frame.",
      ["test/integration/frame-sizes"],
    ],
  ]),
  ...mutantsOf("src/write-behind", [
    [
      "content-mark.ts",
      'known === "" || known === mark',
      "true",
      "Another use of a known id is CONFLICT.",
      ["test/contract/message-log-memory"],
    ],
    [
      "content-mark.ts",
      "canonical([target, ",
      "canonical([",
      "Another target is another use.",
      ["test/contract/message-log-memory"],
    ],
    [
      "content-mark.ts",
      "isErased || isChanged",
      "isChanged && isErased",
      "An edited message is still known by its id.",
      ["test/contract/redis-epoch"],
    ],
    [
      "content-mark.ts",
      ".sort(([a], [b]) => (a < b ? -1 : 1))",
      "",
      "The order of keys makes no other use.",
      ["test/contract/message-log-memory"],
    ],
  ]),
];
