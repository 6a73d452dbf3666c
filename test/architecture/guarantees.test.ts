import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const rows = [...readFileSync("docs/guarantees.md", "utf8").matchAll(/`(test\/[^`]+)`: "([^"]+)"/g)];

test("each test that docs/guarantees.md names is there, with that title", () => {
  const missing = rows.flatMap(([, file = "", title = ""]) =>
    existsSync(file) && readFileSync(file, "utf8").includes(title) ? [] : [`${file}: ${title}`],
  );
  expect(rows.length).toBeGreaterThan(30);
  expect(missing).toEqual([]);
});
