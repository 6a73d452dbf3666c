import { createOpsServer } from "../adapters/http/ops-server.ts";
import { createStickyPrimary } from "../adapters/socketio/sticky-primary.ts";
import type { RawSettings } from "../config/index.ts";
import { mergeSnapshots } from "../telemetry/metrics.ts";
import { type Compose, runRole } from "./run-role.ts";
import { WorkerPool } from "./workers-pool.ts";

/** `weir gateway` with several workers, seen from its primary: it accepts connections, and workers like this one hold them. */
export async function runWorkers(raw: RawSettings): Promise<void> {
  const compose: Compose = async (runtime) => {
    const { settings, metrics } = runtime;
    const pool = new WorkerPool({ ...runtime, count: settings.workers });
    const scrape = async (): ReturnType<typeof mergeSnapshots> =>
      mergeSnapshots([await metrics.snapshot(), ...(await pool.snapshots())]);
    const ops = createOpsServer({ ...runtime, host: settings.host, port: settings.opsPort, metrics: { scrape } });
    return [ops, pool, createStickyPrimary({ ...runtime, host: settings.host, port: settings.port })];
  };
  await runRole("gateway", raw, compose, { services: () => [] });
}
