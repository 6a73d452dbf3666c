import { expect, test } from "vitest";
import { metricCatalogue } from "../../../src/telemetry/metric-catalogue.ts";
import {
  deliveryObjectiveSeconds,
  type MetricFact,
  storedObjectiveSeconds,
} from "../../../src/telemetry/metric-fact.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";
import { PooledMetrics } from "../../../src/telemetry/pooled-metrics.ts";

test("what is measured is in the exposition under its catalogue name", async () => {
  const metrics = createMetrics({ processMetrics: false });
  metrics.count("weir_messages_total", { kind: "message" }, 2);
  metrics.count("weir_messages_total", { kind: "message" });
  metrics.observe("weir_delivery_seconds", {}, 0.02);
  metrics.beforeScrape(() => metrics.set("weir_rooms", {}, 7));
  const { text, contentType } = await metrics.scrape();
  expect(text).toContain('weir_messages_total{kind="message"} 3');
  expect(text).toContain('weir_delivery_seconds_bucket{le="0.025"} 1');
  expect(text).toContain("weir_rooms 7");
  expect(text).not.toContain("process_cpu");
  expect(contentType).toContain("text/plain");
});

test("two registries in one process do not meet, and process metrics are there where asked for", async () => {
  const [a, b] = [createMetrics({ processMetrics: true }), createMetrics({ processMetrics: true })];
  a.count("weir_log_epochs_total", {});
  expect((await b.scrape()).text).toContain("weir_log_epochs_total 0");
  expect((await b.scrape()).text).toContain("process_cpu");
});

test("what several processes measured becomes one exposition: sums, and the worst of what can't be added", async () => {
  const [a, b] = [createMetrics({ processMetrics: true }), createMetrics({ processMetrics: true })];
  a.count("weir_messages_total", { kind: "message" }, 2);
  b.count("weir_messages_total", { kind: "message" }, 3);
  a.set("weir_connections", { transport: "polling" }, 4);
  b.set("weir_connections", { transport: "polling" }, 1);
  a.set("weir_fleet_imbalance", {}, 1.5);
  b.set("weir_fleet_imbalance", {}, 0.5);
  b.observe("weir_delivery_seconds", {}, 0.02);
  b.beforeScrape(() => b.set("weir_rooms", {}, 7));
  a.set("weir_outbound_queue_oldest_seconds", {}, 0.5);
  b.set("weir_outbound_queue_oldest_seconds", {}, 2);
  a.count("weir_redis_commands_total", {}, 1_000);
  b.count("weir_redis_commands_total", {}, 900);
  const pooled = new PooledMetrics();
  for (const [id, said] of [await a.snapshot(), await b.snapshot(), "not a snapshot"].entries())
    pooled.heard(id, structuredClone(said));
  const { text, contentType } = await pooled.exposition();
  expect(text).toContain('weir_messages_total{kind="message"} 5');
  expect(text).toContain('weir_connections{transport="polling"} 5');
  expect(text).toContain("weir_fleet_imbalance 1.5");
  expect(text).toContain("weir_outbound_queue_oldest_seconds 2");
  expect(text).toContain("weir_redis_commands_total 1000");
  expect(text).toContain('weir_delivery_seconds_bucket{le="0.025"} 1');
  expect(text).toContain("weir_rooms 7");
  expect(contentType).toContain("text/plain");
});

test("a process shows what its kind emits, and takes the rest without a word", async () => {
  const metrics = createMetrics({ processMetrics: false, emitters: ["flusher"] });
  metrics.set("weir_connections", { transport: "polling" }, 4);
  metrics.set("weir_buffer_entries", {}, 2);
  const { text } = await metrics.scrape();
  expect(text).toContain("weir_buffer_entries 2");
  expect(text).not.toContain("weir_connections");
});

test("a counter that an alert waits for is there at 0, and a gauge that nobody set is not", async () => {
  const { text } = await createMetrics({ processMetrics: false }).scrape();
  expect(text).toContain('weir_dead_letters_total{reason="conflict"} 0');
  expect(text).toContain('weir_flush_seconds_count{result="error"} 0');
  expect(text).not.toMatch(/^weir_redis_evicts /m);
});

test("every metric has the unit that its name says, its known labels are its own, and the objectives are bounds", () => {
  const facts: readonly (readonly [string, MetricFact])[] = Object.entries(metricCatalogue);
  for (const [name, { kind, unit, emittedBy, labels, known, buckets, help }] of facts) {
    expect(name, "snake case, one prefix").toMatch(/^weir_[a-z]+(_[a-z]+)*$/);
    expect([name, name.endsWith("_total")]).toEqual([name, kind === "counter"]);
    const suffix = name
      .replace(/_total$/, "")
      .split("_")
      .at(-1);
    expect([name, suffix === "seconds", suffix === "bytes"]).toEqual([name, unit === "seconds", unit === "bytes"]);
    expect([name, buckets !== undefined]).toEqual([name, kind === "histogram"]);
    expect(Object.keys(known ?? {}).filter((label) => !labels.includes(label))).toEqual([]);
    expect(new Set(emittedBy).size).toBeGreaterThan(0);
    expect(help).toMatch(/\.$/);
  }
  expect(metricCatalogue.weir_delivery_seconds.buckets).toContain(deliveryObjectiveSeconds);
  expect(metricCatalogue.weir_stored_lag_seconds.buckets).toContain(storedObjectiveSeconds);
});
