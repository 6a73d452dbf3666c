import { existsSync } from "node:fs";
import { serviceAccountToken } from "../adapters/kubernetes/service-account.ts";
import type { Settings } from "../config/index.ts";
import { type ElectionTiming, Elector, type Lease, type Led } from "../leadership/index.ts";
import type { Service } from "../lifecycle/service.ts";
import type { Runtime } from "./runtime.ts";

/** Work that only one process may do, and how one is found. */
export interface Candidacy {
  readonly work: "flusher" | "controller";
  readonly led: Led;
  readonly timing: ElectionTiming;
  /** The record that decides where Kubernetes does not. */
  readonly redisLease: () => Lease;
}

/** Whether a Lease of Kubernetes decides who leads. */
export function isElectedInKubernetes({ leaderElection, kubeconfig, leaseNamespace, namespace }: Settings): boolean {
  if (leaderElection !== "auto") return leaderElection === "kubernetes";
  const reachable = kubeconfig !== undefined || existsSync(serviceAccountToken);
  return reachable && (leaseNamespace ?? namespace) !== undefined;
}

/** Competes for the work as long as the service runs. Throws where Kubernetes is to decide and can't be found. */
export async function createCandidate(runtime: Runtime, candidacy: Candidacy): Promise<Service> {
  const { led, timing } = candidacy;
  const electorOf = (lease: Lease): Elector => new Elector({ ...runtime, lease, led, timing });
  if (!isElectedInKubernetes(runtime.settings)) return electorOf(candidacy.redisLease());
  const { lease, close } = await openKubeLease(runtime, candidacy);
  const elector = electorOf(lease);
  const stop = async (): Promise<void> => {
    await elector.stop();
    close();
  };
  return { name: elector.name, start: () => elector.start(), stop };
}

interface OpenLease {
  readonly lease: Lease;
  readonly close: () => void;
}

/** The client is loaded here only: it takes 80 MiB, which no process that is elected elsewhere should spend. */
async function openKubeLease({ settings, clock }: Runtime, { work, timing }: Candidacy): Promise<OpenLease> {
  const { createKubeClient } = await import("../adapters/kubernetes/kube-client.ts");
  const { KubeLease } = await import("../adapters/kubernetes/kube-lease.ts");
  const callTimeoutMs = timing.renewDeadlineMs / 2;
  const api = createKubeClient({ kubeconfig: settings.kubeconfig, clock, callTimeoutMs });
  const namespace = settings.leaseNamespace ?? settings.namespace ?? api.namespace;
  if (namespace === undefined) throw new Error("WEIR_LEASE_NAMESPACE is not set, and no namespace is known");
  const name = settings.leaseName ?? `weir-${work}`;
  return { lease: new KubeLease({ api, namespace, name, clock }), close: () => api.close() };
}
