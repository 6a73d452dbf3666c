import { expect, test } from "vitest";
import { lockfiles, missingPackages, readLockfile } from "../../scripts/lockfile.ts";

test.each(lockfiles)("%s has the packages of every platform, so that npm ci takes it everywhere", (path) => {
  expect(missingPackages(readLockfile(path))).toEqual([]);
});

test.each(lockfiles)("%s names no place to download from", (path) => {
  expect(JSON.stringify(readLockfile(path))).not.toContain('"resolved"');
});
