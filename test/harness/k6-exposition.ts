import { once } from "node:events";
import { createServer } from "node:http";
import { type LoadMetricName, loadMetrics, remoteWriteStats, seriesOf } from "../../loadtests/lib/load-metrics.ts";
import { quantile } from "./established.ts";
import type { Measured } from "./load-world.ts";

function statistic(values: readonly number[], stat: (typeof remoteWriteStats)[number]): number {
  const share = stat === "max" ? 1 : Number(/\d+/.exec(stat)?.[0]) / 100;
  const sorted = values.toSorted((a, b) => a - b);
  return quantile(sorted, share) / 1_000;
}

function valuesOf(measured: Measured, name: LoadMetricName): readonly number[] {
  const { kind } = loadMetrics[name];
  const values = measured.of(name);
  if (values.length === 0) return [];
  if (kind === "counter") return [measured.sum(name)];
  return kind === "gauge" ? values.slice(-1) : remoteWriteStats.map((stat) => statistic(values, stat));
}

/** What was measured, as series with the names and units that k6's output gives them, with the tag that names the run. */
function exposition(measured: Measured, testid: string): string {
  const names = Object.keys(loadMetrics).filter((name): name is LoadMetricName => name in loadMetrics);
  const lines = names.flatMap((name) => {
    const series = seriesOf(name, loadMetrics[name].kind);
    return valuesOf(measured, name).map((value, i) => `${series[i]}{testid="${testid}"} ${value}`);
  });
  return `${lines.join("\n")}\n`;
}

export interface K6Exposition extends AsyncDisposable {
  /** As host:port. */
  readonly target: string;
}

/** Serves at `/metrics` what a Prometheus would have from k6 by remote write. */
export async function serveAsK6(measured: Measured, testid: string): Promise<K6Exposition> {
  const server = createServer((_request, response) => {
    response.setHeader("content-type", "text/plain; version=0.0.4");
    response.end(exposition(measured, testid));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    target: `127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
