import { expect, test } from "vitest";
import { importsBelow, specifiersOf } from "./imports.ts";
import { violation } from "./violations.ts";

const imports = importsBelow("src");

test("no import points outward, between siblings, or to a vendor outside its adapter", () => {
  expect(imports.map(violation).filter((found) => found !== undefined)).toEqual([]);
});

test("the walk sees the imports of every layer", () => {
  const files = new Set(imports.map(({ file }) => file));
  for (const folder of ["protocol", "lifecycle", "gateway", "flusher", "client", "adapters/redis", "roles"]) {
    expect([...files].some((file) => file.startsWith(`${folder}/`))).toBe(true);
  }
  expect(imports.length).toBeGreaterThan(100);
});

test.each([
  ["kernel/clock.ts", "chat/entry.ts", true],
  ["gateway/session.ts", "flusher/flusher.ts", true],
  ["gateway/session.ts", "adapters/redis/redis-client.ts", true],
  ["adapters/redis/redis-client.ts", "adapters/mongodb/mongo-client.ts", true],
  ["client/client.ts", "gateway/session.ts", true],
  ["gateway/session.ts", "ioredis", false],
  ["adapters/mongodb/mongo-client.ts", "ioredis", false],
  ["adapters/redis/redis-client.ts", "node:sqlite", false],
  ["chat/fold.ts", "node:fs", false],
])("%s importing %s is refused", (file, target, own) => {
  expect(violation({ file, target, own })).toBeDefined();
});

test("type-only imports, re-exports and dynamic imports count, comments do not", () => {
  const source = `
import type { A } from "a";
export type * from "b";
import "c";
const d = await import("d");
// import { E } from "e";
/* import { F } from "f"; */
import {
  G,
} from "g";`;
  expect(specifiersOf(source)).toEqual(["a", "b", "c", "d", "g"]);
});
