import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { freePort } from "./free-port.ts";
import { isObject } from "./load-wire.ts";
import { until } from "./until.ts";

export interface PrometheusOptions {
  /** What to scrape, as host:port. */
  readonly targets: readonly string[];
  /** Files of rules, or their text. */
  readonly rules?: readonly string[];
  /** Between scrapes, and between two looks at the rules. */
  readonly interval?: string;
}

/** One series of an answer. */
export interface Sample {
  readonly labels: Readonly<Record<string, unknown>>;
  readonly value: number;
}

/** A Prometheus of the test's own. */
export interface Prometheus extends AsyncDisposable {
  /** What an expression gives now. Rejects with Prometheus' own words where it can't be understood. */
  query(expr: string): Promise<Sample[]>;
  /** Points of all series that it gave in the last so many seconds. */
  range(expr: string, seconds: number): Promise<number[]>;
  /** Names of the metrics that it has. */
  names(): Promise<string[]>;
}

/** Namespace, job: what our rules group by. */
const labels = { namespace: "chat", job: "weir" } as const;
const howToInstall = "prometheus is not on the PATH; install it: apt-get install prometheus";

/** An expression of a board as Grafana asks it: all namespaces, jobs and instances, over a span that has several scrapes. */
export function filled(expr: string, span = "30s"): string {
  return expr.replaceAll(/\$(namespace|job|instance)\b/g, ".*").replaceAll(/\$__(rate_interval|range)\b/g, span);
}

/** Starts a Prometheus on a free port, with its data in a folder of its own. */
export async function startPrometheus(options: PrometheusOptions): Promise<Prometheus> {
  const dir = await mkdtemp(join(tmpdir(), "weir-prometheus-"));
  const port = await freePort();
  const rules = options.rules ?? [];
  const files = rules.map((_, index) => `rules-${index}.yaml`);
  await Promise.all(files.map((file, index) => writeFile(join(dir, file), rules[index] ?? "")));
  await writeFile(join(dir, "prometheus.yml"), configuration(options, files));
  const child = spawn(
    "prometheus",
    [
      `--config.file=${dir}/prometheus.yml`,
      `--storage.tsdb.path=${dir}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=warn",
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let said = "";
  let failure: Error | undefined;
  child.stderr.on("data", (chunk) => (said += String(chunk)));
  child.on("error", (error) => {
    failure = "code" in error && error.code === "ENOENT" ? new Error(howToInstall) : error;
  });
  const clean = (): void => {
    child.kill("SIGKILL");
    rmSync(dir, { recursive: true, force: true });
  };
  process.once("exit", clean);
  const close = async (): Promise<void> => {
    process.removeListener("exit", clean);
    if (failure === undefined && child.exitCode === null && child.signalCode === null) {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    }
    await rm(dir, { recursive: true, force: true });
  };
  try {
    const ready = `http://127.0.0.1:${port}/-/ready`;
    await until(() => failure !== undefined || child.exitCode !== null || answers(ready), { within: 60_000 });
    if (failure !== undefined) throw failure;
    if (child.exitCode !== null) throw new Error(`prometheus ended at once: ${said}`);
  } catch (error) {
    await close();
    throw error;
  }
  const api = `http://127.0.0.1:${port}/api/v1`;
  return {
    query: async (expr) => seriesOf(await ask(`${api}/query`, { query: expr })).flatMap(sampleOf),
    range: async (expr, seconds) => {
      const end = Date.now() / 1_000;
      const answer = await ask(`${api}/query_range`, {
        query: expr,
        start: `${end - seconds}`,
        end: `${end}`,
        step: "1",
      });
      return seriesOf(answer).flatMap((series) => pointsOf(series["values"]));
    },
    names: async () => {
      const answer = await ask(`${api}/label/__name__/values`, {});
      return Array.isArray(answer) ? answer.map(String) : [];
    },
    [Symbol.asyncDispose]: close,
  };
}

function configuration({ targets, interval = "1s" }: PrometheusOptions, files: readonly string[]): string {
  return stringify({
    global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
    rule_files: files,
    scrape_configs: [
      { job_name: labels.job, static_configs: [{ targets: [...targets], labels: { namespace: labels.namespace } }] },
    ],
  });
}

async function answers(url: string): Promise<boolean> {
  const answer = await fetch(url).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.ok === true;
}

async function ask(url: string, parameters: Readonly<Record<string, string>>): Promise<unknown> {
  const answer: unknown = await (await fetch(`${url}?${new URLSearchParams(parameters).toString()}`)).json();
  if (!isObject(answer) || answer["status"] !== "success") throw new Error(`prometheus: ${JSON.stringify(answer)}`);
  return answer["data"];
}

function seriesOf(data: unknown): Readonly<Record<string, unknown>>[] {
  return isObject(data) && Array.isArray(data["result"]) ? data["result"].filter(isObject) : [];
}

function sampleOf(series: Readonly<Record<string, unknown>>): Sample[] {
  const { metric, value } = series;
  if (!isObject(metric) || !Array.isArray(value)) return [];
  return [{ labels: metric, value: Number(value[1]) }];
}

function pointsOf(values: unknown): number[] {
  return Array.isArray(values)
    ? values.map((point: unknown) => (Array.isArray(point) ? Number(point[1]) : Number.NaN))
    : [];
}
