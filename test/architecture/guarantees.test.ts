import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

test.each([
  ["docs/guarantees.md", 30],
  ["docs/security.md", 25],
  ["SECURITY.md", 3],
])("each test that %s names is there, with that title", (page, atLeast) => {
  const rows = [...readFileSync(page, "utf8").matchAll(/`(test\/[^`]+)`: "([^"]+)"/g)];
  const missing = rows.flatMap(([, file = "", title = ""]) =>
    existsSync(file) && readFileSync(file, "utf8").includes(title) ? [] : [`${file}: ${title}`],
  );
  expect(rows.length).toBeGreaterThan(atLeast);
  expect(missing).toEqual([]);
});
