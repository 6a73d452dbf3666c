import { expect, test } from "vitest";
import { createMetrics } from "../../../src/telemetry/metrics.ts";

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
