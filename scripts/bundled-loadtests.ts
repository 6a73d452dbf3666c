import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, type Metafile } from "esbuild";

const folder = fileURLToPath(new URL("../loadtests/scenarios/", import.meta.url));

/** The scenarios of loadtests/scenarios by name. */
export function scenarioNames(): string[] {
  return readdirSync(folder).map((file) => file.replace(/\.ts$/, ""));
}

export interface BundledScenario {
  readonly text: string;
  /** What it is made of. */
  readonly inputs: Metafile["inputs"];
  /** What it still imports. */
  readonly imports: readonly string[];
}

/**
 * A scenario with all of our own in one file, as a runner in a cluster gets it. k6 has its own JavaScript engine: the syntax is kept to
 * ES2020, with private fields, which it has.
 */
export async function bundleScenario(name: string): Promise<BundledScenario> {
  const { outputFiles, metafile } = await build({
    entryPoints: [`${folder}${name}.ts`],
    bundle: true,
    format: "esm",
    platform: "neutral",
    target: "es2020",
    supported: {
      "class-field": true,
      "class-private-field": true,
      "class-private-method": true,
      "class-private-accessor": true,
    },
    external: ["k6", "k6/*"],
    metafile: true,
    write: false,
    logLevel: "warning",
  });
  const [output] = Object.values(metafile.outputs);
  return {
    text: outputFiles[0]?.text ?? "",
    inputs: metafile.inputs,
    imports: (output?.imports ?? []).map(({ path }) => path),
  };
}
