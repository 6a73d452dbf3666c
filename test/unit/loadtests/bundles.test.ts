import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { bundleScenario, scenarioNames } from "../../../scripts/bundled-loadtests.ts";
import { isObject } from "../../harness/load-wire.ts";

/* k6 itself can't be had everywhere; what can be said of a script without it is said here. */

describe.each(scenarioNames())("the scenario %s", (name) => {
  test("is one file of our own source and nothing else but modules of k6", async () => {
    const { text, inputs, imports } = await bundleScenario(name);
    expect(imports.filter((path) => !/^k6(\/|$)/.test(path))).toEqual([]);
    expect(imports).toContain("k6/websockets");
    expect(Object.keys(inputs).filter((path) => !path.startsWith("loadtests/"))).toEqual([]);
    expect(text.length).toBeLessThan(1_048_576);
    // Neither of Node nor of a browser, nor newer than the syntax that it was lowered to.
    expect(text).not.toMatch(/\b(process\.env|require\(|globalThis|window\.|performance\.)/);
    expect(text).not.toMatch(/\?\?=|\|\|=|&&=/);
  });

  test("runs as far as its options, in which every function that k6 is to call is there", async () => {
    const script = await load(name);
    const { options } = script;
    if (!isObject(options) || !isObject(options["scenarios"])) throw new Error("no options");
    expect(JSON.parse(JSON.stringify(options))).toEqual(options);
    const execs = Object.values(options["scenarios"]).map((one) => (isObject(one) ? String(one["exec"]) : ""));
    expect(execs.filter((exec) => typeof script[exec] !== "function")).toEqual([]);
    expect(execs).toContain("server");
    expect(typeof script["handleSummary"]).toBe("function");
    expect(script["setup"]).toBeTypeOf("function");
  });
});

beforeAll(() => void vi.stubGlobal("__ENV", { URL: "http://a", WEIR_JWT_SECRET: "s", METRICS: "http://a/metrics" }));
afterAll(() => void vi.unstubAllGlobals());

/** Evaluates a bundled script with modules of k6 that have the names and do nothing. */
async function load(name: string): Promise<Readonly<Record<string, unknown>>> {
  const { text } = await bundleScenario(name);
  const stub =
    "export class Counter {} export class Gauge {} export class Trend {} export class WebSocket {} export const setTimeout = 0, clearTimeout = 0; export default {};";
  const { outputFiles } = await build({
    stdin: { contents: text },
    bundle: true,
    format: "esm",
    write: false,
    plugins: [
      {
        name: "k6",
        setup: (bundler) => {
          bundler.onResolve({ filter: /^k6(\/|$)/ }, ({ path }) => ({ path, namespace: "k6" }));
          bundler.onLoad({ filter: /.*/, namespace: "k6" }, () => ({ contents: stub }));
        },
      },
    ],
  });
  const module: unknown = await import(
    `data:text/javascript;base64,${Buffer.from(outputFiles[0]?.contents ?? []).toString("base64")}`
  );
  if (!isObject(module)) throw new Error("no module");
  return module;
}
