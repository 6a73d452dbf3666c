import { mutantsOf } from "../mutant.ts";

export const redisMutants = mutantsOf("src/adapters/redis", [
  [
    "partition-gate.ts",
    "await this.#reportFloors(partition);\n      this.#reported.set(partition, epoch);",
    "this.#reported.set(partition, epoch);\n      await this.#reportFloors(partition);",
    "A report of floors that fails is made again while the grace runs.",
  ],
  [
    "partition-gate.ts",
    "await this.#line.pass(room, ticket);\n",
    "",
    "No call overtakes another while a room is put in order.",
  ],
  [
    "recall-answers.ts",
    "epoch !== current && at > horizon",
    "at > horizon",
    "A room that was let go in good order recalls nothing.",
  ],
  [
    "recall-answers.ts",
    "Math.min(clock.now(), newest) - rememberMs",
    "clock.now() - rememberMs",
    "Answers are recalled by the times of the entries, whatever this machine's clock says.",
  ],
  [
    "seen-seqs.ts",
    "if (this.#recent.size <= this.#capacity) return;",
    "return;",
    "The memory of seen rooms has a cap.",
  ],
  ["seen-seqs.ts", "Math.max(seq, this.of(room))", "seq", "The highest seq seen never falls."],
  [
    "redis-message-log.ts",
    "Math.floor(options.highWatermark * 0.8)",
    "options.highWatermark",
    "A full buffer opens again at 80 %.",
  ],
  [
    "redis-message-log.ts",
    "await barrier.pass({ runId, replid });",
    "void barrier;",
    "A safe append waits for the replicas.",
  ],
  [
    "redis-message-log.ts",
    'refuseOtherContent(known.join(":"), mark);',
    "",
    "A known id with other content is a conflict.",
  ],
  [
    "redis-log-drainer.ts",
    'if (results.includes("FENCED")) return false;',
    "",
    "A mark that is refused ends the trim.",
  ],
  [
    "redis-log-drainer.ts",
    "if (entry !== undefined) seen.note(entry.room, entry.seq);",
    'if (entry === undefined) seen.note("", 0);',
    "An entry that a flusher has read is never given out again.",
  ],
  [
    "why-not-safe.ts",
    'if (enabled === "1") return undefined;',
    "if (enabled !== undefined) return undefined;",
    "Without an append-only file nothing is safe.",
  ],
  [
    "why-not-safe.ts",
    'if (policy === "noeviction") return undefined;',
    "if (policy !== undefined) return undefined;",
    "A Redis that evicts is not safe.",
  ],
  [
    "redis-message-feed.ts",
    "if (wanted.length > 0) await client.ssubscribe(...wanted);",
    "if (wanted.length > 0) void client.ssubscribe(...wanted);",
    "Interruptions are told once the subscriptions live again.",
  ],
  [
    "redis-message-feed.ts",
    "for (const callback of this.#interruptionCallbacks) callback();",
    "",
    "A reconnect is told as an interruption.",
  ],
  [
    "redis-policies.ts",
    "if (Number(seen ?? 0) <= after) return undefined;",
    "",
    "Policies that are known are not read again.",
  ],
  [
    "redis-message-log.ts",
    "this.#runAfter(entry, mark, [...open])",
    "this.#runAfter(entry, mark, [...open].slice(-1))",
    "A retry between two sends lets neither overtake the other.",
    ["test/contract/redis-order"],
  ],
]);
