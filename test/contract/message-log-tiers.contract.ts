import { describe, expect, test } from "vitest";
import type { LogTier } from "../../src/write-behind/index.ts";
import { type Build, message, recorder, seqs, span } from "./message-log-fixtures.ts";

/** @param safest the tier that the log of the running test offers, once it is built */
export function describeTiers(safest: () => LogTier | undefined, build: Build): void {
  describe("appending at a tier", () => {
    test("names the tier that was reached: what was asked for, or the best there is", async () => {
      const log = await build();
      expect((await log.append(message("r", "m1"), "safe")).durability).toBe(safest());
      expect(["fast", safest()]).toContain((await log.append(message("r", "m2"))).durability);
    });

    test("reaches it for a retry too, whatever the first try asked for", async () => {
      const log = await build();
      const first = await log.append(message("r", "m"), "fast");
      const again = await log.append(message("r", "m"), "safe");
      expect(again).toEqual({ ...first, durability: safest(), duplicate: true });
    });

    test("gives every entry a place in the one order, and publishes it once", async () => {
      const log = await build();
      const heard = recorder();
      await log.subscribe("r", heard);
      const answers = await Promise.all(span(1, 50).map((i) => log.append(message("r", `m${i}`), tierOf(i))));
      expect(seqs(answers).toSorted((a, b) => a - b)).toEqual(span(1, 50));
      await expect.poll(() => seqs(heard.entries)).toEqual(span(1, 50));
    });

    test("an entry that asks for safe is refused by a full buffer like any other", async () => {
      const log = await build({ highWatermark: 1 });
      await log.append(message("r", "m1"), "safe");
      await expect(log.append(message("r", "m2"), "safe")).rejects.toMatchObject({ code: "OVERLOADED" });
    });
  });
}

function tierOf(i: number): LogTier {
  return i % 2 === 0 ? "safe" : "fast";
}
