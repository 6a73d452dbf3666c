import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type ClusterLink, linkToCluster } from "./cluster-link.ts";
import type { FaultProxy } from "./fault-proxy.ts";

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
  readonly #link: ClusterLink;
  readonly #child: ChildProcess;
  #log = "";

  private constructor(who: string, link: ClusterLink, child: ChildProcess) {
    this.who = who;
    this.#link = link;
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (this.#log += String(chunk)));
    const endWithUs = (): void => void child.kill("SIGKILL");
    process.once("exit", endWithUs);
    child.once("exit", () => process.removeListener("exit", endWithUs));
  }

  static async start(options: ElectorProcessOptions): Promise<ElectorProcess> {
    const { who, namespace, ledgerUrl, rate = 1, offsetMs = 0 } = options;
    const link = await linkToCluster();
    const args = [script, link.kubeconfig, namespace, who, ledgerUrl, String(rate), String(offsetMs)];
    return new ElectorProcess(who, link, spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] }));
  }

  /** Its connections to the API server. */
  get link(): FaultProxy {
    return this.#link.proxy;
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
    await this.#link[Symbol.asyncDispose]();
  }
}
