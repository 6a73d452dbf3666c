import type { Metrics } from "../../telemetry/metrics.ts";
import type { RedisConnection } from "./redis-connection.ts";
import { parseInfo, replicasOnline, type ServerInfo } from "./server-info.ts";

/** What Redis counts since its own start, by our name. */
const counted = [
  ["weir_redis_evicted_keys_total", ["evicted_keys"]],
  ["weir_redis_commands_total", ["total_commands_processed"]],
  ["weir_redis_cpu_seconds_total", ["used_cpu_user", "used_cpu_sys"]],
] as const;
const sized = [
  ["weir_redis_memory_bytes", "used_memory"],
  ["weir_redis_memory_limit_bytes", "maxmemory"],
] as const;

/** At each scrape, asks Redis how it does. `INFO` alone is asked, because services that run Redis for others tend to forbid the rest. */
export function measureServer(connection: Pick<RedisConnection, "command">, metrics: Metrics): void {
  let before: ServerInfo | undefined;
  metrics.beforeScrape(async () => {
    try {
      const info = parseInfo(await connection.command((redis) => redis.info()));
      setGauges(metrics, info);
      countGrowth(metrics, info, before);
      before = info;
      metrics.set("weir_redis_connected", {}, 1);
    } catch {
      // Told by the connection's own log; what was true before stays.
      metrics.set("weir_redis_connected", {}, 0);
    }
  });
}

/** A field that a service hides is left out: to guess would raise an alarm, or hide one. */
function setGauges(metrics: Metrics, info: ServerInfo): void {
  const policy = info.get("maxmemory_policy");
  if (policy !== undefined) metrics.set("weir_redis_evicts", {}, policy === "noeviction" ? 0 : 1);
  const appendOnly = info.get("aof_enabled");
  const written = appendOnly === "1" && info.get("aof_last_write_status") !== "err";
  if (appendOnly !== undefined) metrics.set("weir_redis_append_only", {}, written ? 1 : 0);
  if (info.has("role")) metrics.set("weir_redis_replicas", {}, replicasOnline(info));
  for (const [name, field] of sized) {
    const value = info.get(field);
    if (value !== undefined) metrics.set(name, {}, Number(value));
  }
}

function countGrowth(metrics: Metrics, info: ServerInfo, before: ServerInfo | undefined): void {
  if (before === undefined) return;
  // Another run begins its counts at 0.
  const since = info.get("run_id") === before.get("run_id") ? before : new Map<string, string>();
  for (const [name, fields] of counted)
    metrics.count(name, {}, Math.max(0, total(info, fields) - total(since, fields)));
}

function total(info: ServerInfo, fields: readonly string[]): number {
  return fields.reduce((sum, field) => sum + Number(info.get(field) ?? 0), 0);
}
