import type { RawSettings } from "../config/index.ts";
import { createFlusher, flusherDefaults } from "../flusher/index.ts";
import type { Led } from "../leadership/index.ts";
import { type Backends, createBackends } from "./backends.ts";
import { runRole } from "./run-role.ts";
import type { Runtime } from "./runtime.ts";

/** `weir flusher`: writes the log behind to the store while it leads. */
export async function runFlusher(raw: RawSettings): Promise<void> {
  await runRole("flusher", raw, async (runtime) => {
    const backends = createBackends(runtime);
    return [...backends.services, backends.leadership(composeFlusher(runtime, backends))];
  });
}

export function composeFlusher(runtime: Runtime, { drainer, store, policing }: Backends): Led {
  const { settings, metrics } = runtime;
  metrics.set("weir_buffer_limit_entries", {}, settings.partitions * settings.bufferMaxMessages);
  return createFlusher({
    ...runtime,
    drainer,
    writer: store,
    policies: policing.policies,
    limits: { maxEntries: settings.flushMaxBatch, maxBytes: flusherDefaults.maxBytes },
    lingerMs: settings.flushLinger,
    retentionMs: settings.retention,
    concurrency: flusherDefaults.concurrency,
  });
}
