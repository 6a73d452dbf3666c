import * as fc from "fast-check";
import { expect, test } from "vitest";
import { planBatch } from "../../../src/flusher/plan-batch.ts";
import { retryDelay } from "../../../src/flusher/retry-policy.ts";
import type { Buffered } from "../../../src/write-behind/index.ts";

function buffered(sizes: readonly number[]): Buffered[] {
  return sizes.map((bytes, i) => ({ cursor: String(i), bytes, at: 0, entry: undefined, raw: "" }));
}

const sizes = fc.array(fc.integer({ min: 1, max: 500 }), { maxLength: 60 });
const limits = fc.record({ maxEntries: fc.integer({ min: 1, max: 50 }), maxBytes: fc.integer({ min: 1, max: 2_000 }) });

test("a batch is the longest prefix within the limits, and never empty while there is something", () => {
  fc.assert(
    fc.property(sizes, limits, (list, limit) => {
      const read = buffered(list);
      const { batch } = planBatch(read, limit);
      const bytes = (part: readonly Buffered[]): number => part.reduce((sum, one) => sum + one.bytes, 0);
      const fits = (n: number): boolean => n <= limit.maxEntries && bytes(read.slice(0, n)) <= limit.maxBytes;
      expect(batch).toEqual(read.slice(0, batch.length));
      expect(batch.length > 0 || read.length === 0).toBe(true);
      expect(batch.length <= 1 || fits(batch.length)).toBe(true);
      expect(batch.length < read.length && fits(batch.length + 1)).toBe(false);
    }),
  );
});

test("there may be more when something was left, or when the batch is full", () => {
  const limit = { maxEntries: 3, maxBytes: 10 };
  expect(planBatch(buffered([1, 1]), limit).more).toBe(false);
  expect(planBatch(buffered([1, 1, 1]), limit).more).toBe(true);
  expect(planBatch(buffered([6, 6]), limit)).toMatchObject({ batch: { length: 1 }, more: true });
  expect(planBatch([], limit)).toEqual({ batch: [], more: false });
});

test("retries come sooner than a second at first and at least every three seconds ever after", () => {
  fc.assert(
    fc.property(fc.nat(10_000), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, random) => {
      expect(retryDelay(attempt, random)).toBeGreaterThanOrEqual(50);
      expect(retryDelay(attempt, random)).toBeLessThanOrEqual(3_000);
    }),
  );
  expect(retryDelay(0, 0.999)).toBeLessThanOrEqual(100);
});
