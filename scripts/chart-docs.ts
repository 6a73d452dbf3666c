import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { environmentName, settingCatalogue } from "../src/config/index.ts";

const chart = "charts/weir";
const paths = { readme: `${chart}/README.md`, schema: `${chart}/values.schema.json`, values: `${chart}/values.yaml` };

/** Settings that the chart gives itself, from values of their own or by what it deploys: they can't be among `settings`. */
export const chartOwned: ReadonlySet<string> = new Set([
  "port",
  "opsPort",
  "redisUrl",
  "mongodbUrl",
  "dataDir",
  "demo",
  "drainWindow",
  "jwtSecret",
  "jwtSecretPrevious",
  "jwtPublicKey",
  "jwksUrl",
  "jwtIssuer",
  "jwtAudience",
  "podName",
  "namespace",
  "leaseName",
  "leaseNamespace",
  "kubeconfig",
  "platformName",
  "gatewaySelector",
  "customMetricsPort",
  "customMetricsTlsCert",
  "customMetricsTlsKey",
]);

/** One documented value. */
export interface ValueRow {
  readonly section: string;
  /** `gateway.drain.windowSeconds` */
  readonly path: string;
  readonly meaning: string;
}

/** The rows of the README: each comment that begins with `--` is about the value below it. */
export function documentedValues(text: string): readonly ValueRow[] {
  const rows: ValueRow[] = [];
  const keys: string[] = [];
  let section = "";
  let meaning: string | undefined;
  for (const line of text.split("\n")) {
    section = /^# @section (.+)$/.exec(line)?.[1] ?? section;
    meaning = /^ *# -- (.+)$/.exec(line)?.[1] ?? meaning;
    const [, indent, key] = /^( *)(\w+):/.exec(line) ?? [];
    if (indent === undefined || key === undefined) continue;
    keys.splice(indent.length / 2, Number.POSITIVE_INFINITY, key);
    if (meaning !== undefined) rows.push({ section, path: keys.join("."), meaning });
    meaning = undefined;
  }
  return rows;
}

/** What stands at a path such as `gateway.drain`; undefined where there is nothing. */
export function valueAt(values: unknown, path: string): unknown {
  let found = values;
  for (const key of path.split(".")) found = isRecord(found) ? found[key] : undefined;
  return found;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function table(rows: readonly ValueRow[], values: unknown): string {
  const cells = rows.map(({ path, meaning }) => {
    const standing = `\`${JSON.stringify(valueAt(values, path))}\``;
    return `| \`${path}\` | ${standing.replaceAll("|", "\\|")} | ${meaning.replaceAll("|", "\\|")} |`;
  });
  return ["| value | default | meaning |", "| --- | --- | --- |", ...cells].join("\n");
}

function readme(): string {
  const text = readFileSync(paths.values, "utf8");
  const rows = documentedValues(text);
  const values: unknown = parse(text);
  const sections = [...new Set(rows.map(({ section }) => section))];
  const parts = sections.map((section) => {
    const own = rows.filter((row) => row.section === section);
    return `### ${section}\n\n${table(own, values)}\n`;
  });
  const [begin, end] = ["<!-- values: made from values.yaml by `npm run docs` -->", "<!-- end of values -->"];
  const page = readFileSync(paths.readme, "utf8");
  return `${page.split(begin)[0]}${begin}\n\n${parts.join("\n")}\n${end}${page.split(end)[1]}`;
}

/** Names that may be among `settings`. */
function settingNames(): readonly string[] {
  return Object.keys(settingCatalogue)
    .filter((name) => !chartOwned.has(name))
    .map(environmentName);
}

function schema(): string {
  const found: unknown = JSON.parse(readFileSync(paths.schema, "utf8"));
  const definitions = valueAt(found, "$defs");
  if (!isRecord(found) || !isRecord(definitions)) throw new TypeError(`${paths.schema} has no $defs`);
  const settingName = { enum: settingNames() };
  return `${JSON.stringify({ ...found, $defs: { ...definitions, settingName } }, null, 2)}\n`;
}

/** The chart's documents that are made from its values and from the settings, by path. */
export const chartDocs: Readonly<Record<string, () => string>> = {
  [paths.readme]: readme,
  [paths.schema]: schema,
};
