import type { LoadMetricName } from "./load-metrics.ts";
import { type Figures, type Quantiles, table } from "./report.ts";

/** What k6 hands over at the end, as far as it is read here. */
export interface EndOfTest {
  readonly metrics: Readonly<Record<string, EndMetric | undefined>>;
  readonly state?: { readonly testRunDurationMs?: number };
}

interface EndMetric {
  readonly values: Readonly<Record<string, number | undefined>>;
  readonly thresholds?: Readonly<Record<string, { readonly ok: boolean }>>;
}

/** The figures of a run, and which thresholds it kept. */
export function summaryOf(title: string, end: EndOfTest): string {
  const judged = Object.entries(end.metrics).flatMap(([name, metric]) =>
    Object.entries(metric?.thresholds ?? {}).map(([text, { ok }]) => `${ok ? "✓" : "✗"} ${name}: ${text}`),
  );
  return ["", table([{ title, figures: figuresIn(end) }]), "", ...judged, ""].join("\n");
}

function figuresIn(end: EndOfTest): Figures {
  const count = (name: LoadMetricName): number => end.metrics[name]?.values["count"] ?? 0;
  // The last value of a gauge is of a server that has nothing to do any more.
  const highest = (name: LoadMetricName): number | undefined => end.metrics[name]?.values["max"];
  const quantiles = (name: LoadMetricName): Quantiles => {
    const { med, max, "p(95)": p95, "p(99)": p99 } = end.metrics[name]?.values ?? {};
    return { median: med, p95, p99, max };
  };
  return {
    handshakes: count("chat_handshakes"),
    handshakeSeconds: (end.state?.testRunDurationMs ?? 0) / 1_000,
    handshakesRefused: count("chat_handshake_failures"),
    delivery: quantiles("chat_delivery_duration"),
    ack: quantiles("chat_ack_duration"),
    server: { cores: highest("chat_server_cpu_cores"), residentBytes: highest("chat_server_memory_bytes") },
    counts: {
      sent: count("chat_sent"),
      accepted: count("chat_accepted"),
      refused: count("chat_refused"),
      unanswered: count("chat_unanswered"),
      stored: count("chat_stored"),
      delivered: count("chat_delivered"),
      lost: count("chat_lost"),
      missing: count("chat_missing"),
      duplicated: count("chat_duplicated"),
      storedTwice: count("chat_stored_twice"),
      outOfOrder: count("chat_out_of_order"),
      gapsFilled: count("chat_gaps_filled"),
      caughtUp: count("chat_caught_up"),
      declared: count("chat_declared"),
    },
  };
}
