import fc from "fast-check";
import { expect, test } from "vitest";
import { type Bucket, isFull, takeToken } from "../../../src/kernel/token-bucket.ts";

const rate = { ratePerSecond: 5, burst: 20 };

test("a fresh bucket gives its burst at once, then says how long the next one takes", () => {
  let bucket: Bucket | undefined;
  for (let i = 0; i < 20; i++) {
    const verdict = takeToken(rate, bucket, 1_000);
    expect(verdict.taken).toBe(true);
    bucket = verdict.bucket;
  }
  expect(takeToken(rate, bucket, 1_000)).toMatchObject({ taken: false, retryAfterMs: 200 });
  expect(takeToken(rate, bucket, 1_200)).toMatchObject({ taken: true });
});

test("a wait that is no whole number of ms is told longer, so that the next token is there after it", () => {
  const thirds = { ratePerSecond: 3, burst: 1 };
  const { bucket } = takeToken(thirds, undefined, 0);
  expect(takeToken(thirds, bucket, 0)).toMatchObject({ taken: false, retryAfterMs: 334 });
  expect(takeToken(thirds, bucket, 333)).toMatchObject({ taken: false, retryAfterMs: 1 });
  expect(takeToken(thirds, bucket, 334)).toMatchObject({ taken: true });
});

test("a clock that stands still or goes back gives nothing away", () => {
  const empty: Bucket = { tokens: 0, at: 1_000 };
  expect(takeToken(rate, empty, 500)).toMatchObject({ taken: false, bucket: { tokens: 0 } });
});

test("a bucket is full again after the time that its burst takes, and not before", () => {
  const empty: Bucket = { tokens: 0, at: 0 };
  expect(isFull(rate, empty, 3_999)).toBe(false);
  expect(isFull(rate, empty, 4_000)).toBe(true);
});

test("however takes are spaced, no more than burst and refill come out", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 200 }), (gaps) => {
      let bucket: Bucket | undefined;
      let now = 0;
      let taken = 0;
      for (const gap of gaps) {
        now += gap;
        const verdict = takeToken(rate, bucket, now);
        bucket = verdict.bucket;
        taken += verdict.taken ? 1 : 0;
        if (!verdict.taken) expect(takeToken(rate, bucket, now + verdict.retryAfterMs).taken).toBe(true);
      }
      expect(taken).toBeLessThanOrEqual(rate.burst + (now * rate.ratePerSecond) / 1_000 + 1e-6);
    }),
  );
});
