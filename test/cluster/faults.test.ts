import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ClusterAgent } from "../harness/cluster-client.ts";
import { loadable, underLoad } from "../harness/cluster-load.ts";
import { Release } from "../harness/cluster-release.ts";
import { forceDelete, say } from "../harness/cluster-watch.ts";

let release: Release;
let agent: ClusterAgent;

beforeAll(async () => {
  release = await Release.install(loadable);
  agent = await release.agent();
});
afterAll(() => release?.[Symbol.asyncDispose]());

describe("no acknowledged message is lost, doubled or out of place when", () => {
  const holds = async (name: string, disturb: () => Promise<void>, share = 1): Promise<void> => {
    const report = await underLoad({ release, agent, name, share }, disturb);
    say(`${name}: ${report.acked} acknowledged, none for ${report.longestSilenceMs.toFixed(0)} ms at most`);
    expect({ refused: report.refused, violations: report.violations }).toEqual({ refused: {}, violations: [] });
  };

  test("a gateway is deleted by force", () =>
    holds("gateway", async () => {
      const [gone] = await release.ready("gateway", 2);
      await forceDelete(release, gone?.name ?? "");
      await release.ready("gateway", 2);
    }));

  // Every room asks the store where it was: one that scans for each is no match for many.
  test("Redis is deleted by force, and comes back with its volume", () =>
    holds(
      "redis",
      async () => {
        const [redis] = await release.ready("redis-demo", 1);
        await forceDelete(release, redis?.name ?? "");
        await release.ready("redis-demo", 1);
      },
      0.2,
    ));
});
