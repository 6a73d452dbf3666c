import { expect, test } from "vitest";
import { missingPackages, readLockfile } from "../../scripts/lockfile.ts";

test("the lockfile has the packages of every platform, so that npm ci takes it everywhere", () => {
  expect(missingPackages(readLockfile())).toEqual([]);
});

test("the lockfile names no place to download from", () => {
  expect(JSON.stringify(readLockfile())).not.toContain('"resolved"');
});
