import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { imageSbom } from "../../scripts/image-sbom.ts";
import { lockfiles, nameOf, readLockfile } from "../../scripts/lockfile.ts";

const { components, metadata } = imageSbom(readLockfile(lockfiles[0]));

test.runIf(process.platform === "linux")(
  "the SBOM lists each production package that npm installs, and no other",
  () => {
    const { packages } = readLockfile("node_modules/.package-lock.json");
    const production = Object.entries(packages).filter(([path, { dev = false }]) => !dev && existsSync(path));
    // The Dockerfile removes the node that npm brings.
    const kept = production.filter(([path]) => !nameOf(path).startsWith("node-linux-"));
    const expected = kept.map(([path, { version = "" }]) => `${path}@${version}`);
    expect(components.map(({ "bom-ref": ref, version }) => `${ref}@${version}`).toSorted()).toEqual(
      expected.toSorted(),
    );
  },
);

test("the SBOM has nothing that the Dockerfile removes", () => {
  const removed = /rm -rf node_modules\/(\S+)\*/.exec(readFileSync("Dockerfile", "utf8"))?.[1] ?? "nothing";
  expect(removed).toBe("node-linux-");
  expect(components.filter(({ name }) => name.startsWith(removed))).toEqual([]);
});

test("the SBOM has a version, a hash and the address in security databases for each package", () => {
  expect(metadata.component).toMatchObject({ type: "application", name: "weir", purl: "pkg:npm/weir@0.1.0" });
  for (const { name, version, purl, hashes } of components) {
    expect(purl).toBe(`pkg:npm/${name.replace("@", "%40")}@${version}`);
    expect(hashes?.map(({ alg, content }) => `${alg} ${content}`).join("")).toMatch(/^SHA-512 [0-9a-f]{128}$/);
  }
});
