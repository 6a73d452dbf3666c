import type { Board } from "../board.ts";
import { buckets, grown, mean, perSecond, quantile } from "../promql.ts";

export const writeBehind: Board = {
  uid: "weir-write-behind",
  title: "Weir / Write-behind",
  description: "From the log to the database: what waits, who writes, how fast, and what is refused.",
  rows: [
    {
      title: "What waits",
      panels: [
        {
          title: "Entries in the buffer",
          description: "Acknowledged and not in the database, all partitions, and how many may be.",
          kind: "lines",
          unit: "short",
          targets: [
            { expr: "max(weir_buffer_entries{@})", legend: "entries" },
            { expr: "max(weir_buffer_limit_entries{@})", legend: "limit" },
          ],
        },
        {
          title: "How full",
          description: "Of the buffer. A partition that is full refuses sends.",
          kind: "lines",
          unit: "percentunit",
          targets: [{ expr: "max(weir_buffer_entries{@}) / max(weir_buffer_limit_entries{@})", legend: "full" }],
          alert: "WeirBufferFilling",
        },
        {
          title: "Age of the oldest",
          description: "Below a second is normal.",
          kind: "lines",
          unit: "s",
          targets: [{ expr: "max(weir_buffer_oldest_seconds{@})", legend: "oldest" }],
          alert: "WeirBacklogOld",
        },
      ],
    },
    {
      title: "Who writes",
      panels: [
        {
          title: "Leader",
          description: "1 for the process that leads.",
          kind: "lines",
          unit: "short",
          targets: [{ expr: "max by (instance) (weir_leader{@})", legend: "{{instance}}" }],
          alert: "WeirNoLeader",
        },
        {
          title: "Leaders by role",
          description: "Exactly 1 is normal.",
          kind: "lines",
          unit: "short",
          targets: [{ expr: "role:weir_leader:sum{@job}", legend: "{{role}}" }],
          alert: "WeirTwoLeaders",
        },
        {
          title: "Terms",
          description: "Times that each process began to lead. Each is a change of the leader.",
          kind: "lines",
          unit: "short",
          targets: [{ expr: grown("weir_leader_terms_total", { by: "instance" }), legend: "{{instance}}" }],
        },
        {
          title: "Renewal of the lease",
          description: "99th percentile. The lease is lost when it takes seconds.",
          kind: "lines",
          unit: "s",
          targets: [{ expr: quantile(0.99, "weir_lease_renew_seconds", { by: "instance" }), legend: "{{instance}}" }],
        },
        {
          title: "Renewals that failed",
          description: "By process. A few while Redis or the API server changes are normal.",
          kind: "lines",
          unit: "short",
          targets: [{ expr: grown("weir_lease_renew_failures_total", { by: "instance" }), legend: "{{instance}}" }],
        },
        {
          title: "Trims refused",
          description: "Because a newer leader had taken over. One now and then is the fence at work.",
          kind: "lines",
          unit: "short",
          targets: [{ expr: grown("weir_fenced_trims_total"), legend: "refused" }],
        },
      ],
    },
    {
      title: "How fast",
      panels: [
        {
          title: "In and out",
          description: "Entries appended, and stored and trimmed, a second. Equal is normal.",
          kind: "lines",
          unit: "cps",
          targets: [
            { expr: perSecond("weir_messages_total"), legend: "appended" },
            { expr: perSecond("weir_flushed_entries_total"), legend: "stored" },
          ],
        },
        {
          title: "Time to the database",
          description: "From the time of an entry in the log to its trim.",
          kind: "heatmap",
          unit: "s",
          targets: [{ expr: buckets("weir_stored_lag_seconds"), legend: "{{le}}" }],
          alert: "WeirStorageBudgetBurning",
        },
        {
          title: "Time of a flush",
          description: "Of batches that were stored.",
          kind: "lines",
          unit: "s",
          targets: [
            { expr: quantile(0.5, "weir_flush_seconds", { where: 'result="ok"' }), legend: "p50" },
            { expr: quantile(0.99, "weir_flush_seconds", { where: 'result="ok"' }), legend: "p99" },
          ],
          alert: "WeirStoreSlow",
        },
        {
          title: "Batches by result",
          description: "A second.",
          kind: "lines",
          unit: "cps",
          targets: [{ expr: perSecond("weir_flush_seconds_count", { by: "result" }), legend: "{{result}}" }],
        },
        {
          title: "Entries in a batch",
          description: "Mean. Grows as the load does.",
          kind: "lines",
          unit: "short",
          targets: [{ expr: mean("weir_flush_batch_entries"), legend: "entries" }],
        },
        {
          title: "Tried again",
          description: "Batches that were tried again because the database could not be reached.",
          kind: "lines",
          unit: "short",
          targets: [{ expr: grown("weir_flush_retries_total"), legend: "retries" }],
          alert: "WeirStoreSlow",
        },
      ],
    },
    {
      title: "What is refused or begins anew",
      panels: [
        {
          title: "Dead letters",
          description:
            "Entries put aside because the database refuses them, by reason. `weir deadletter list` shows them.",
          kind: "lines",
          unit: "short",
          targets: [{ expr: grown("weir_dead_letters_total", { by: "reason" }), legend: "{{reason}}" }],
          alert: "WeirDeadLetters",
        },
        {
          title: "Epochs",
          description:
            "Partitions given a new epoch because Redis started anew or another took over, and messages that Redis lost by it.",
          kind: "lines",
          unit: "short",
          targets: [
            { expr: grown("weir_log_epochs_total"), legend: "partitions" },
            { expr: grown("weir_log_lost_places_total"), legend: "lost messages" },
          ],
          alert: "WeirLogEpochChanged",
        },
        {
          title: "Rooms looked up",
          description:
            "Rooms whose end was settled: in a new epoch, or after a quiet time, when it is looked up in the database.",
          kind: "lines",
          unit: "cps",
          targets: [{ expr: perSecond("weir_log_rebases_total"), legend: "rooms" }],
        },
      ],
    },
  ],
};
