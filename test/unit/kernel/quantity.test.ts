import { expect, test } from "vitest";
import { parseDuration, parseSize } from "../../../src/kernel/quantity.ts";

test.each([
  ["500ms", 500],
  ["10s", 10_000],
  ["5m", 300_000],
  ["2h", 7_200_000],
  ["7d", 604_800_000],
  ["0", 0],
])("the duration %s is %i ms", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each([
  ["512B", 512],
  ["256KiB", 262_144],
  ["4MiB", 4_194_304],
  ["1GiB", 1_073_741_824],
])("the size %s is %i bytes", (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each(["", "10", "s", "-1s", "1.5s", "10 s", "10S", "1e3ms", "10toString"])(
  "%j is neither a duration nor a size",
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
    expect(parseSize(text)).toBeUndefined();
  },
);
