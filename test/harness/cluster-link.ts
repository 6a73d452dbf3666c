import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kubectl } from "./cluster-kubectl.ts";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts";
import { isObject } from "./load-wire.ts";

/** A way of its own to the API server of KUBECONFIG, which can be told to misbehave. */
export interface ClusterLink extends AsyncDisposable {
  /** File for a client that takes this way. */
  readonly kubeconfig: string;
  readonly proxy: FaultProxy;
}

export async function linkToCluster(): Promise<ClusterLink> {
  const config: unknown = JSON.parse(await kubectl(["config", "view", "--raw", "--flatten", "--minify", "-o", "json"]));
  const { hostname, port } = new URL(String(clusterOf(config).cluster["server"]));
  const proxy = await startFaultProxy(Number(port || "443"), hostname);
  const folder = await mkdtemp(join(tmpdir(), "weir-link-"));
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, JSON.stringify(throughPort(config, proxy.port)), { mode: 0o600 });
  const close = async (): Promise<void> => {
    await proxy.close();
    await rm(folder, { recursive: true });
  };
  return { kubeconfig, proxy, [Symbol.asyncDispose]: close };
}

interface NamedCluster {
  readonly name: unknown;
  readonly cluster: Readonly<Record<string, unknown>>;
}

function clusterOf(config: unknown): NamedCluster {
  const clusters = isObject(config) ? config["clusters"] : undefined;
  const first: unknown = Array.isArray(clusters) ? clusters[0] : undefined;
  const cluster = isObject(first) ? first["cluster"] : undefined;
  if (!isObject(first) || !isObject(cluster)) throw new Error("KUBECONFIG names no cluster");
  return { name: first["name"], cluster };
}

/** The same cluster by another port, with its own name in the handshake. */
function throughPort(config: unknown, port: number): object {
  const { name, cluster } = clusterOf(config);
  const { hostname } = new URL(String(cluster["server"]));
  const own = isIP(hostname) > 0 ? {} : { "tls-server-name": hostname };
  const proxied = { name, cluster: { ...cluster, server: `https://127.0.0.1:${port}`, ...own } };
  return { ...(isObject(config) ? config : {}), clusters: [proxied] };
}
