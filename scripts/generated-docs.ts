import { capacityPage } from "../capacity/capacity-page.ts";
import { measurement } from "../capacity/measured.ts";
import { environmentName, flagName, settingCatalogue } from "../src/config/index.ts";
import { errorCatalogue } from "../src/protocol/errors.ts";
import { limitMeanings, limits } from "../src/protocol/limits.ts";
import { metricCatalogue } from "../src/telemetry/metric-catalogue.ts";
import { deliveryObjectiveSeconds, type MetricFact, storedObjectiveSeconds } from "../src/telemetry/metric-fact.ts";
import { chartDocs } from "./chart-docs.ts";
import { verificationPage } from "./verification-page.ts";

const notice = "<!-- Generated from the source by `npm run docs`; a test fails when it differs. -->";

type Row = readonly string[];

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function table(head: Row, rows: readonly Row[]): string {
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n");
}

function code(text: string): string {
  return `\`${text}\``;
}

function configuration(): string {
  const rows = Object.entries(settingCatalogue).map(([name, setting]) => [
    code(environmentName(name)),
    code(flagName(name)),
    "fallback" in setting ? code(setting.fallback) : "none",
    setting.kind.allowed,
    setting.meaning,
  ]);
  return `# Configuration

${notice}

Each setting is an environment variable, or a flag of the same name. A flag wins. \`NAME_FILE\` names a file that holds the value, such as a
mounted secret. Every value is checked at the start: a wrong one stops the program with exit code 2 and one line that says which, why, and what is
allowed. \`weir config\` prints what was understood, with secrets hidden.

Every user of a machine sees flags in its process list. Give secrets as files or variables; a secret that comes as a flag is warned of at the start.
Output, log lines and errors show user info and query of every URL as \`(hidden)\`.

${table(["variable", "flag", "default", "allowed", "meaning"], rows)}
`;
}

function errors(): string {
  const rows = Object.entries(errorCatalogue).map(([name, fact]) => [
    code(name),
    fact.retryable ? "yes" : "no",
    String(fact.status),
    fact.meaning,
  ]);
  const meanings: Readonly<Record<string, string>> = limitMeanings;
  const limitRows = Object.entries(limits).map(([name, value]) => [code(name), String(value), meanings[name] ?? ""]);
  return `# Errors and limits

${notice}

An answer is \`{ ok: true, … }\` or \`{ ok: false, error: { code, message, retryable, retryAfterMs? } }\`. The list is closed. "Retry" means that the same
request, with the same id, can succeed later; where \`retryAfterMs\` is given, wait that long. The status is that of an HTTP answer or a refused handshake.

${table(["code", "retry", "status", "meaning"], rows)}

## Limits of the wire

These hold in every deployment; those that a deployment can set are in [configuration.md](configuration.md).

${table(["limit", "value", "meaning"], limitRows)}
`;
}

function metrics(): string {
  const facts: readonly (readonly [string, MetricFact])[] = Object.entries(metricCatalogue);
  const rows = facts.map(([name, fact]) => [
    code(name),
    fact.kind,
    fact.unit,
    fact.emittedBy.join(", "),
    fact.labels.map(code).join(", "),
    fact.help,
  ]);
  const buckets = new Map(
    facts.flatMap(([, fact]) => (fact.buckets === undefined ? [] : [[fact.unit, fact.buckets.join(", ")] as const])),
  );
  const bucketRows = [...buckets].map(([unit, bounds]) => [unit, bounds]);
  return `# Metrics

${notice}

Served at \`/metrics\` on the ops port of every process, beside Node's process metrics. A process serves what it measures: "emitted by" says which do, and
\`weir all-in-one\` is a gateway and a flusher. The primary is the process in front of several workers (\`WEIR_WORKERS\`); its page has the workers' figures in it.
No label names a user or a room: their number has no bound. [Watching it](operations.md#watching-it) says what to look at.

${table(["metric", "kind", "unit", "emitted by", "labels", "meaning"], rows)}

## Buckets

The objectives of the service levels (${deliveryObjectiveSeconds} s for a delivery, ${storedObjectiveSeconds} s for the store) are bounds of their own.

${table(["unit", "upper bounds"], bucketRows)}
`;
}

/** The documents that are made from the source, by path. */
export const generatedDocs: Readonly<Record<string, () => string>> = {
  "docs/capacity.md": () => capacityPage(measurement, notice),
  "docs/configuration.md": configuration,
  "docs/errors.md": errors,
  "docs/metrics.md": metrics,
  "docs/verification.md": () => verificationPage(notice),
  ...chartDocs,
};
