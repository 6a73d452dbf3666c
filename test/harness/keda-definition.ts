import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { isRecord, pick } from "./chart.ts";

/** A version whose definitions come as a Go module. */
const keda = "github.com/kedacore/keda/v2@v2.19.0";

/** What KEDA's own definition of a ScaledObject has against `spec`, unknown fields too. Needs Go, to fetch it. */
export async function kedaErrors(spec: unknown): Promise<readonly string[]> {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  ajv.validate(closed(await scaledObjectSpec()), spec);
  return (ajv.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message ?? "wrong"}`);
}

async function scaledObjectSpec(): Promise<Readonly<Record<string, unknown>>> {
  const { stdout } = await promisify(execFile)("go", ["mod", "download", "-json", keda], { cwd: tmpdir() });
  const module: unknown = JSON.parse(stdout);
  const file = join(String(pick(module, "Dir")), "config/crd/bases/keda.sh_scaledobjects.yaml");
  const spec = pick(parse(await readFile(file, "utf8")), "spec.versions.0.schema.openAPIV3Schema.properties.spec");
  if (!isRecord(spec)) throw new Error(`${file} has no schema`);
  return spec;
}

/** The schema with every object in it that lists its fields closed: an API server drops what it does not know, and says nothing. */
function closed(schema: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const inner: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(schema)) inner[name] = closedWithin(value);
  return "properties" in schema ? { ...inner, additionalProperties: false } : inner;
}

function closedWithin(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closedWithin);
  return isRecord(value) ? closed(value) : value;
}
