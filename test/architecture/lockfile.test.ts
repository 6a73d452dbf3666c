import { expect, test } from "vitest";
import { lockfiles, missingPackages, readLockfile, unhashedPackages } from "../../scripts/lockfile.ts";

test.each(lockfiles)("%s has the packages of every platform, so that npm ci takes it everywhere", (path) => {
  expect(missingPackages(readLockfile(path))).toEqual([]);
});

test.each(lockfiles)("%s names no place to download from", (path) => {
  expect(JSON.stringify(readLockfile(path))).not.toContain('"resolved"');
});

test.each(lockfiles)("%s has the hash of each package, or of the archive that it comes within", (path) => {
  expect(unhashedPackages(readLockfile(path))).toEqual([]);
});

test("a package without a hash is found, also one whose archive has none", () => {
  const hashed = { integrity: "sha512-abc" };
  const packages = {
    "": {},
    "node_modules/a": hashed,
    "node_modules/a/node_modules/b": { inBundle: true },
    "node_modules/c": {},
    "node_modules/c/node_modules/d": { inBundle: true },
    "node_modules/e": { integrity: "sha1-abc" },
  };
  expect(unhashedPackages({ packages })).toEqual(["node_modules/c", "node_modules/c/node_modules/d", "node_modules/e"]);
});
