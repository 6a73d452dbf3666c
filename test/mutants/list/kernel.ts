import { mutantsOf } from "../mutant.ts";

export const kernelMutants = mutantsOf("src/kernel", [
  ["backoff.ts", "baseMs * 2 ** Math", "baseMs * 3 ** Math", "The bound of a wait doubles with each try."],
  ["backoff.ts", "Math.min(backoff.maxMs, ", "Math.max(backoff.maxMs, ", "No wait is above the maximum."],
  ["backoff.ts", "bound / 2 + (random", "0 + (random", "Half of a wait is fixed, so a retry is never immediate."],
  ["deadline.ts", "abort.abort();\n", "", "Work learns through its signal that time is up."],
  ["deadline.ts", "    cancel();\n", "", "Work that ends in time leaves no timer behind."],
  [
    "semaphore.ts",
    "if (this.#free > 0) this",
    "if (this.#free >= 0) this",
    "No more work runs at a time than there are slots.",
  ],
  ["semaphore.ts", "this.#line.delete(begin);\n", "", "Work that gave up is never begun."],
  [
    "semaphore.ts",
    "} finally {\n      this.#release();",
    "} finally {\n      void 0;",
    "A slot is free again after the work.",
  ],
  [
    "token-bucket.ts",
    "Math.min(rate.burst, before",
    "Math.max(rate.burst, before",
    "A bucket never holds more than its burst.",
  ],
  ["token-bucket.ts", "if (tokens >= count)", "if (tokens > count)", "The last whole token can be taken."],
  [
    "token-bucket.ts",
    "Math.max(0, now - before.at)",
    "(now - before.at)",
    "A clock that goes back takes no tokens away.",
  ],
  ["token-bucket.ts", "tokens: tokens - count, at: now", "tokens, at: now", "Each request takes a token."],
  [
    "token-bucket.ts",
    "Math.ceil(((count - tokens)",
    "Math.floor(((count - tokens)",
    "After the told wait the next token is there.",
  ],
  ["quantity.ts", "m: 60_000", "m: 6_000", "A minute has 60,000 ms."],
  ["quantity.ts", "KiB: 1_024", "KiB: 1_000", "A KiB has 1,024 bytes."],
  ["clock.ts", "clearTimeout(timer);\n      signal", "signal", "A sleep that is aborted leaves no timer behind."],
  ["mask-urls.ts", "if (query < at) return `${head}${mask}`;", "", "A query with `@` is masked to its end."],
  ["mask-urls.ts", 'tail.lastIndexOf("@")', 'tail.indexOf("@")', "A password with `@` is masked to its end."],
]);
