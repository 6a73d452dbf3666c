import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClusterAgent } from "../harness/cluster-client.ts";
import { loadable, underLoad } from "../harness/cluster-load.ts";
import { Release } from "../harness/cluster-release.ts";
import { size } from "../harness/cluster-settings.ts";
import { replaced, say } from "../harness/cluster-watch.ts";

let release: Release;
let agent: ClusterAgent;

beforeAll(async () => {
  release = await Release.install(loadable);
  agent = await release.agent();
});
afterAll(() => release?.[Symbol.asyncDispose]());

test(`gateways are rolled under the load of ${size.clients} clients: nothing is lost, doubled or out of place, clients move at a pace, and every pod is gone in time`, async () => {
  await release.ready("gateway", 2);
  const begun = performance.now();
  const report = await underLoad({ release, agent, name: "rollout" }, async () => {
    const departures = await replaced({ release, component: "gateway" }, () =>
      release.kubectl("rollout", "restart", "deployment/weir-gateway"),
    );
    say(
      `rolled in ${seconds(begun)} s; spared of the grace period: ${departures.map(({ sparedSeconds }) => `${sparedSeconds.toFixed(0)} s`).join(", ")}`,
    );
    expect(departures).toHaveLength(2);
    for (const { sparedSeconds } of departures) expect(sparedSeconds).toBeGreaterThan(0);
    await release.ready("gateway", 2);
  });
  say(
    `moved: ${report.arrivals.join(" ")} a second; ${report.acked} acknowledged, none for ${report.longestSilenceMs.toFixed(0)} ms at most`,
  );
  expect({ refused: report.refused, violations: report.violations }).toEqual({ refused: {}, violations: [] });
  // A gateway that just ended would have all of its clients, half of them all, back within a second.
  expect(Math.max(...report.arrivals)).toBeLessThan(size.clients / 4);
});

function seconds(begun: number): string {
  return ((performance.now() - begun) / 1_000).toFixed(1);
}
