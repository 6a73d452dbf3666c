import { createKubeClient } from "../../src/adapters/kubernetes/kube-client.ts";
import { KubeLease } from "../../src/adapters/kubernetes/kube-lease.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { Elector, flusherTiming } from "../../src/leadership/index.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { runRandom } from "./seeded-random.ts";
import { skewedClock } from "./skewed-clock.ts";

/*
 * A process that competes for a Lease and, while it leads, writes to a ledger all the time. Its arguments: kubeconfig, namespace,
 * its name, URL of the ledger, rate of its clock, and by how much the clock is wrong in ms. It prints its state when that changes.
 */
const [kubeconfig, namespace = "", who = "", ledger = "", rate = "1", offsetMs = "0"] = process.argv.slice(2);

const betweenWritesMs = 20;
const clock = skewedClock(systemClock, Number(rate), Number(offsetMs));
const api = createKubeClient({ kubeconfig, clock, callTimeoutMs: flusherTiming.renewDeadlineMs / 2 });

async function write(token: number): Promise<boolean> {
  const { status } = await fetch(`${ledger}?who=${who}&token=${token}`);
  return status === 204;
}

const elector = new Elector({
  lease: new KubeLease({ api, namespace, name: "elector", clock }),
  identity: who,
  led: {
    lead: async (token, signal) => {
      while (!signal.aborted && (await write(token))) await systemClock.sleep(betweenWritesMs, signal);
    },
  },
  timing: flusherTiming,
  clock,
  random: runRandom(),
  logger: createLogger({ level: "warn", format: "json" }),
  metrics: createMetrics({ processMetrics: false }),
});

process.once("SIGTERM", () => {
  void elector.stop().then(() => api.close());
});
await elector.start();
for (let shown = ""; elector.state.kind !== "stopped"; await systemClock.sleep(betweenWritesMs)) {
  const state = JSON.stringify(elector.state);
  if (state !== shown) process.stdout.write(`${state}\n`);
  shown = state;
}
