import { createOpsServer } from "../adapters/http/ops-server.ts";
import { createStickyPrimary } from "../adapters/socketio/sticky-primary.ts";
import type { RawSettings } from "../config/index.ts";
import { type Compose, runRole } from "./run-role.ts";
import { WorkerPool } from "./workers-pool.ts";

/** `weir gateway` with several workers, seen from its primary: it accepts connections, and workers like this one hold them. */
export async function runWorkers(raw: RawSettings): Promise<void> {
  const compose: Compose = async (runtime) => {
    const { settings } = runtime;
    const pool = new WorkerPool({ ...runtime, count: settings.workers });
    const metrics = { scrape: () => pool.scrape() };
    const ops = createOpsServer({ ...runtime, host: settings.host, port: settings.opsPort, metrics });
    return [ops, pool, createStickyPrimary({ ...runtime, host: settings.host, port: settings.port })];
  };
  await runRole("gateway", raw, compose, { services: () => [] });
}
