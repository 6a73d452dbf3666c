import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ClusterAgent } from "../harness/cluster-client.ts";
import { kubectl } from "../harness/cluster-kubectl.ts";
import { loadable, underLoad } from "../harness/cluster-load.ts";
import { Release } from "../harness/cluster-release.ts";
import { size } from "../harness/cluster-settings.ts";
import { flushingPod, forceDelete, replaced, say, takeoverFrom, takeoverMs } from "../harness/cluster-watch.ts";
import { byPace, onPaceOnly } from "../harness/pace.ts";

/* What `.ci/run` tries on a cluster: one release for all. The other files are for `make verify-all`. */

let release: Release;
let agent: ClusterAgent;

beforeAll(async () => {
  release = await Release.install(loadable);
  agent = await release.agent();
});
afterAll(() => release?.[Symbol.asyncDispose]());

test("helm install in a namespace that enforces restricted pods: everything is ready", async () => {
  for (const component of ["gateway", "flusher", "controller"] as const) await release.ready(component, 2);
  for (const component of ["redis-demo", "mongodb-demo"] as const) await release.ready(component, 1);
  const level = await kubectl(["get", "namespace", release.namespace, "-o=jsonpath={.metadata.labels}"]);
  expect(level).toContain('"pod-security.kubernetes.io/enforce":"restricted"');
});

test("helm test does a real round trip", () => release.test());

describe(`under the load of ${size.clients} clients no acknowledged message is lost, doubled or out of place when`, () => {
  test("gateways are rolled: clients move at a pace, and every pod is gone in time", onPaceOnly, async () => {
    await release.ready("gateway", 2);
    const report = await underLoad({ release, agent, name: "rollout" }, async () => {
      const departures = await replaced({ release, component: "gateway" }, () =>
        release.kubectl("rollout", "restart", "deployment/weir-gateway"),
      );
      say(
        `spared of the grace period: ${departures.map(({ sparedSeconds }) => sparedSeconds.toFixed(0)).join(", ")} s`,
      );
      expect(departures).toHaveLength(2);
      for (const { sparedSeconds } of departures) expect(sparedSeconds, byPace("grace period")).toBeGreaterThan(0);
      await release.ready("gateway", 2);
    });
    say(`moved: ${report.arrivals.join(" ")} a second; ${acknowledged(report)}`);
    expect({ refused: report.refused, violations: report.violations }).toEqual({ refused: {}, violations: [] });
    // A gateway that just ended would have all of its clients, half of them all, back within a second.
    expect(Math.max(...report.arrivals), byPace("even drain")).toBeLessThan(size.clients / 4);
  });

  test("the leading flusher is deleted by force, and another leads within 8 s", onPaceOnly, async () => {
    const report = await underLoad({ release, agent, name: "flusher" }, async () => {
      const leader = await flushingPod(release);
      await forceDelete(release, leader ?? "");
      const next = await takeoverFrom(release, leader);
      say(`${next.leader} leads after at least ${(next.tookMs / 1_000).toFixed(1)} s`);
      expect(next.tookMs, byPace("take-over")).toBeLessThanOrEqual(takeoverMs);
      await release.ready("flusher", 2);
    });
    say(acknowledged(report));
    expect({ refused: report.refused, violations: report.violations }).toEqual({ refused: {}, violations: [] });
  });
});

function acknowledged(report: { readonly acked: number; readonly longestSilenceMs: number }): string {
  return `${report.acked} acknowledged, none for ${report.longestSilenceMs.toFixed(0)} ms at most`;
}
