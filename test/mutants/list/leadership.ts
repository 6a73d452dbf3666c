import { mutantsOf } from "../mutant.ts";

export const leadershipMutants = mutantsOf("src/leadership", [
  [
    "elector.ts",
    "Math.max(this.#highestToken, record.transitions)",
    "record.transitions",
    "The highest token seen never falls.",
  ],
  [
    "elector.ts",
    "if (record !== undefined && !this.#mayTake(record)) return undefined;",
    "if (record !== undefined) this.#mayTake(record);",
    "A lease that another holds is left alone.",
  ],
  [
    "elector.ts",
    "await Promise.all([work, held]);\n    await",
    "await held;\n    await",
    "The lease is given back only after the work has stopped.",
  ],
  [
    "elector.ts",
    "this.#highestToken += this.#tokenStep;",
    "this.#highestToken = Math.max(1, this.#highestToken);",
    "Every term has a higher token than all before.",
  ],
  [
    "elector.ts",
    "const renewedAt = clock.monotonic();\n      this.#highestToken",
    "const renewedAt = clock.monotonic() + 1_000;\n      this.#highestToken",
    "A term runs from the begin of its first write.",
  ],
  ["elector.ts", "over.abort();\n", "", "The work is told that its term is over."],
  [
    "elector.ts",
    "Math.min(2 * this.#tokenStep, largestStep) : 1",
    "1 : 1",
    "Work that ends by itself is followed by a token further ahead.",
  ],
  [
    "elector.ts",
    "if (this.#stopping.signal.aborted || term.isOver()) return this.#release(term);",
    "",
    "A term that is over before its work begins has no work.",
  ],
  [
    "term.ts",
    "const isOver = (): boolean => lost || remaining() <= 0;",
    "const isOver = (): boolean => lost;",
    "A leader that can't renew stops at the deadline.",
  ],
  [
    "term.ts",
    "lost = record === undefined || record.holder !== identity || record.transitions !== token;",
    "lost = record === undefined || record.holder !== identity;",
    "A lease of the same holder in another term is not this term's.",
  ],
  [
    "term.ts",
    "if (record !== undefined && !lost) last = { ...last, record };",
    "if (record !== undefined && !lost) last = { renewedAt: clock.monotonic(), record };",
    "Reading the lease does not renew it.",
  ],
  [
    "term.ts",
    "await clock.sleep(Math.min(timing.retryMs, remaining()), signal);",
    "await clock.sleep(timing.retryMs * 10, signal);",
    "A lease is renewed at each retry interval.",
  ],
  [
    "observed-lease.ts",
    "before?.record.version === record.version ? before",
    "before?.record.holder === record.holder ? before",
    "A renewed record is watched anew.",
  ],
  [
    "observed-lease.ts",
    "remaining(observed, now) <= 0;",
    "remaining(observed, now) <= 1_000;",
    "A lease is taken only after its whole duration.",
  ],
  ["observed-lease.ts", 'holder === "" || ', "", "A lease that was given back is taken at once."],
  [
    "election-timing.ts",
    "if (leaseMs <= renewDeadlineMs)",
    "if (leaseMs < renewDeadlineMs)",
    "The lease outlives the renew deadline.",
  ],
  [
    "election-timing.ts",
    "renewDeadlineMs <= retryMs * acquireJitter",
    "renewDeadlineMs <= retryMs",
    "The renew deadline leaves time for a retry.",
  ],
  ["always-leader.ts", "while (!signal.aborted)", "if (!signal.aborted)", "Work that ended by itself is begun again."],
]);
