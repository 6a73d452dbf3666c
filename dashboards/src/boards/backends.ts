import type { Board } from "../board.ts";
import { grown, perSecond, quantile } from "../promql.ts";

export const backends: Board = {
  uid: "weir-backends",
  title: "Weir / Redis and MongoDB",
  description: "Redis and the database as Weir sees them: reached, fast, safe, and how full.",
  rows: [
    {
      title: "Redis",
      panels: [
        {
          title: "Reached by all",
          description: "Yes where every process reaches Redis.",
          kind: "stat",
          unit: "bool_yes_no",
          targets: [{ expr: "min(weir_redis_connected{@})", legend: "" }],
          threshold: { goodFrom: 1 },
          alert: "WeirRedisUnreachable",
        },
        {
          title: "Writes its file",
          description: "Yes where Redis writes an append-only file and the last write did not fail.",
          kind: "stat",
          unit: "bool_yes_no",
          targets: [{ expr: "min(weir_redis_append_only{@})", legend: "" }],
          threshold: { goodFrom: 1 },
          alert: "WeirRedisNotPersistent",
        },
        {
          title: "Evicts when full",
          description: "No is what Weir needs.",
          kind: "stat",
          unit: "bool_yes_no",
          targets: [{ expr: "max(weir_redis_evicts{@})", legend: "" }],
          threshold: { badFrom: 1 },
          alert: "WeirRedisEvicts",
        },
        {
          title: "Keys evicted",
          description: "In the range shown. Anything but 0 is lost.",
          kind: "stat",
          unit: "short",
          targets: [{ expr: "max(increase(weir_redis_evicted_keys_total{@}[$__range]))", legend: "" }],
          threshold: { badFrom: 1 },
          alert: "WeirRedisKeysEvicted",
        },
        {
          title: "Replicas",
          description: "That are online, and that must confirm a `safe` acknowledgement.",
          kind: "stat",
          unit: "short",
          targets: [
            { expr: "min(weir_redis_replicas{@})", legend: "online" },
            { expr: "max(weir_safe_replicas{@})", legend: "for safe" },
          ],
        },
        {
          title: "Acknowledges `safe`",
          description: "Yes where every gateway can wait for a replica.",
          kind: "stat",
          unit: "bool_yes_no",
          targets: [{ expr: "min(weir_log_safe{@})", legend: "" }],
        },
        {
          title: "Memory",
          description: "That Redis uses, and its `maxmemory` (0: no limit).",
          kind: "lines",
          unit: "bytes",
          targets: [
            { expr: "max(weir_redis_memory_bytes{@})", legend: "used" },
            { expr: "max(weir_redis_memory_limit_bytes{@})", legend: "maxmemory" },
          ],
          alert: "WeirRedisMemoryHigh",
        },
        {
          title: "Commands refused",
          description:
            "A second, by the code of the error: `OOM` is a full memory, `MISCONF` a disk that takes nothing.",
          kind: "lines",
          unit: "cps",
          targets: [{ expr: perSecond("weir_redis_refusals_total", { by: "code" }), legend: "{{code}}" }],
        },
        {
          title: "CPU",
          description: "Cores that Redis uses. Its commands can have one.",
          kind: "lines",
          unit: "short",
          targets: [{ expr: "max(rate(weir_redis_cpu_seconds_total{@}[$__rate_interval]))", legend: "cores" }],
        },
        {
          title: "Commands",
          description: "That Redis executes a second, for anyone.",
          kind: "lines",
          unit: "ops",
          targets: [{ expr: "max(rate(weir_redis_commands_total{@}[$__rate_interval]))", legend: "commands" }],
        },
        {
          title: "Time of an append",
          description: "From the call of the log to its answer.",
          kind: "lines",
          unit: "s",
          targets: [
            { expr: quantile(0.5, "weir_append_seconds", { where: 'result="ok"' }), legend: "p50" },
            { expr: quantile(0.99, "weir_append_seconds", { where: 'result="ok"' }), legend: "p99" },
          ],
        },
        {
          title: "Appends by result",
          description: "A second.",
          kind: "lines",
          unit: "cps",
          targets: [{ expr: perSecond("weir_append_seconds_count", { by: "result" }), legend: "{{result}}" }],
          alert: "WeirSendsFail",
        },
        {
          title: "Wait for a replica",
          description: "99th percentile, of the waits that `safe` acknowledgements share, by result.",
          kind: "lines",
          unit: "s",
          targets: [{ expr: quantile(0.99, "weir_replica_wait_seconds", { by: "result" }), legend: "{{result}}" }],
        },
      ],
    },
    {
      title: "MongoDB",
      panels: [
        {
          title: "Time of a call",
          description: "99th percentile, by operation.",
          kind: "lines",
          unit: "s",
          targets: [{ expr: quantile(0.99, "weir_store_seconds", { by: "operation" }), legend: "{{operation}}" }],
          alert: "WeirStoreSlow",
        },
        {
          title: "Calls",
          description: "A second, by operation and result.",
          kind: "lines",
          unit: "ops",
          targets: [
            {
              expr: perSecond("weir_store_seconds_count", { by: "operation, result" }),
              legend: "{{operation}} {{result}}",
            },
          ],
        },
        {
          title: "History from the database",
          description: "Reads of old history that Redis did not have, a second.",
          kind: "lines",
          unit: "ops",
          targets: [{ expr: perSecond("weir_history_store_reads_total"), legend: "reads" }],
        },
        {
          title: "History that waits",
          description: "Reads in line for the database, by gateway. Beyond 1,000 they are refused.",
          kind: "lines",
          unit: "short",
          targets: [{ expr: "sum by (instance) (weir_history_store_waiting{@})", legend: "{{instance}}" }],
        },
      ],
    },
    {
      title: "Keys for tokens",
      panels: [
        {
          title: "Fetches of the key set",
          description: "Where `WEIR_JWKS_URL` is set, by result, in the last minutes.",
          kind: "lines",
          unit: "short",
          targets: [{ expr: grown("weir_key_set_fetches_total", { by: "result" }), legend: "{{result}}" }],
          alert: "WeirKeySetFails",
        },
        {
          title: "Tokens checked with old keys",
          description: "While the key set can't be fetched, a second. It ends when WEIR_JWKS_STALE_IF_ERROR is over.",
          kind: "lines",
          unit: "cps",
          targets: [{ expr: perSecond("weir_key_set_stale_tokens_total"), legend: "tokens" }],
        },
      ],
    },
  ],
};
