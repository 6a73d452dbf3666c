import { readdirSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chartFolder } from "./chart.ts";

const folder = join(chartFolder, "ci");

/** The values files that stand for how people use the chart, by name. */
export const matrix: readonly string[] = readdirSync(folder).map((file) => file.replace(/-values\.yaml$/, ""));

export function matrixFile(name: string): string {
  return join(folder, `${name}-values.yaml`);
}

/** A copy of the chart with further files in it, by path; removed when it is disposed. */
export async function copyChart(
  files: Readonly<Record<string, string>>,
): Promise<AsyncDisposable & { readonly path: string }> {
  const path = join(await mkdtemp(join(tmpdir(), "weir-chart-")), "weir");
  await cp(chartFolder, path, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(path, name, ".."), { recursive: true });
    await writeFile(join(path, name), content);
  }
  return { path, [Symbol.asyncDispose]: () => rm(join(path, ".."), { recursive: true, force: true }) };
}
