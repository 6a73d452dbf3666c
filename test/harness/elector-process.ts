import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { kubectl } from "./cluster-kubectl.ts";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts";
import { isObject } from "./load-wire.ts";

const script = fileURLToPath(new URL("./elector-main.ts", import.meta.url));

export interface ElectorProcessOptions {
  readonly who: string;
  readonly namespace: string;
  readonly ledgerUrl: string;
  /** Of its clock; 1 is right. */
  readonly rate?: number;
  /** By how much its clock is wrong, ms. */
  readonly offsetMs?: number;
}

/** An elector in a process of its own, which reaches the API server through a connection of its own that can be cut. */
export class ElectorProcess implements AsyncDisposable {
  readonly who: string;
  readonly link: FaultProxy;
  readonly #child: ChildProcess;
  readonly #folder: string;
  #log = "";

  private constructor(who: string, world: { readonly link: FaultProxy; readonly folder: string }, child: ChildProcess) {
    this.who = who;
    this.link = world.link;
    this.#folder = world.folder;
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (this.#log += String(chunk)));
    const endWithUs = (): void => void child.kill("SIGKILL");
    process.once("exit", endWithUs);
    child.once("exit", () => process.removeListener("exit", endWithUs));
  }

  static async start(options: ElectorProcessOptions): Promise<ElectorProcess> {
    const { who, namespace, ledgerUrl, rate = 1, offsetMs = 0 } = options;
    const config: unknown = JSON.parse(
      await kubectl(["config", "view", "--raw", "--flatten", "--minify", "-o", "json"]),
    );
    const server = serverOf(config);
    const link = await startFaultProxy(Number(server.port || "443"), server.hostname);
    const folder = await mkdtemp(join(tmpdir(), "weir-elector-"));
    const kubeconfig = join(folder, "kubeconfig");
    await writeFile(kubeconfig, JSON.stringify(throughPort(config, link.port)), { mode: 0o600 });
    const args = [script, kubeconfig, namespace, who, ledgerUrl, String(rate), String(offsetMs)];
    return new ElectorProcess(
      who,
      { link, folder },
      spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] }),
    );
  }

  get log(): string {
    return this.#log;
  }

  /** It keeps what it holds and does nothing. */
  pause(): void {
    this.#child.kill("SIGSTOP");
  }

  resume(): void {
    this.#child.kill("SIGCONT");
  }

  /** Resolves when it is gone. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.kill(signal);
    await gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
    await this.link.close();
    await rm(this.#folder, { recursive: true });
  }
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

function serverOf(config: unknown): URL {
  return new URL(String(clusterOf(config).cluster["server"]));
}

/** The same cluster by another port, with its own name in the handshake. */
function throughPort(config: unknown, port: number): object {
  const { hostname } = serverOf(config);
  const { name, cluster } = clusterOf(config);
  const own = isIP(hostname) > 0 ? {} : { "tls-server-name": hostname };
  const proxied = { name, cluster: { ...cluster, server: `https://127.0.0.1:${port}`, ...own } };
  return { ...(isObject(config) ? config : {}), clusters: [proxied] };
}
