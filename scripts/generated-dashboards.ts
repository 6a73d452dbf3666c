import { readFileSync } from "node:fs";
import { boards } from "../dashboards/src/boards.ts";
import { buildBoard } from "../dashboards/src/build-board.ts";

type Made = readonly (readonly [path: string, make: () => string])[];

function copyOf(name: string): () => string {
  return () => readFileSync(new URL(`../dashboards/${name}.yaml`, import.meta.url), "utf8");
}

const json: Made = Object.entries(boards).flatMap(([name, board]) => {
  const make = (): string => `${JSON.stringify(buildBoard(board), null, 2)}\n`;
  return [`dashboards/${name}.json`, `charts/weir/files/dashboards/weir-${name}.json`].map(
    (path) => [path, make] as const,
  );
});
const rules: Made = ["rules", "alerts"].map((name) => [`charts/weir/files/rules/${name}.yaml`, copyOf(name)]);

/** The dashboards as Grafana reads them, and what the chart has a copy of because it can only read its own folder; by path. */
export const generatedDashboards: Readonly<Record<string, () => string>> = Object.fromEntries<() => string>([
  ...json,
  ...rules,
]);
