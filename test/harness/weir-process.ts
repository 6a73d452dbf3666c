import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { freePort } from "./free-port.ts";
import { until } from "./until.ts";

export interface WeirProcessOptions {
  readonly role: "gateway" | "flusher" | "controller" | "all-in-one";
  /** Settings by environment name; ports are chosen. */
  readonly env: Readonly<Record<string, string>>;
  /** Flags. */
  readonly args?: readonly string[];
  /** Another entry than `bin/weir.js`, called the same way. */
  readonly script?: string;
}

export const launcher = fileURLToPath(new URL("../../bin/weir.js", import.meta.url));
/** What Node compiled of the sources: processes that find it start with half the work. */
export const compileCache = fileURLToPath(new URL("../../node_modules/.cache/weir-tests", import.meta.url));
/** A process that is stopped answers nothing, and must not be waited for. */
const metricsWithinMs = 10_000;
/** Characters of its log that are kept, the newest. */
const logLength = 200_000;

/** A `weir` of the test's own. The test fails where it ends and nobody asked it to: see `check`. */
export class WeirProcess implements AsyncDisposable {
  readonly role: string;
  readonly port: number;
  readonly opsPort: number;
  readonly #child: ChildProcess;
  #log = "";
  #asked = false;

  private constructor(role: string, ports: readonly [number, number], child: ChildProcess) {
    this.role = role;
    [this.port, this.opsPort] = ports;
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk) => (this.#log = (this.#log + String(chunk)).slice(-logLength)));
    const endWithUs = (): void => void child.kill("SIGKILL");
    process.once("exit", endWithUs);
    child.once("exit", () => process.removeListener("exit", endWithUs));
  }

  /** Resolves when it says that it is ready. */
  static async start(options: WeirProcessOptions): Promise<WeirProcess> {
    const ports = [await freePort(), await freePort()] as const;
    const env = {
      PATH: process.env["PATH"] ?? "",
      NODE_COMPILE_CACHE: compileCache,
      WEIR_HOST: "127.0.0.1",
      WEIR_PORT: String(ports[0]),
      WEIR_OPS_PORT: String(ports[1]),
      WEIR_LOG_FORMAT: "json",
      // A machine that runs tests keeps its processes waiting for reasons of its own.
      WEIR_SHED_LOOP_DELAY: "0",
      // Its messages would be among those that tests count.
      WEIR_CANARY_EVERY: "0",
      ...options.env,
    };
    const child = spawn(process.execPath, [options.script ?? launcher, options.role, ...(options.args ?? [])], {
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const started = new WeirProcess(options.role, ports, child);
    try {
      await until(() => started.#exited || started.isReady(), { within: 60_000 });
      started.check();
    } catch (cause) {
      started.#asked = true;
      await started.kill();
      throw new Error(`weir ${options.role} does not start: ${started.log.slice(-2_000)}`, { cause });
    }
    return started;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error(`weir ${this.role} has not started`);
    return pid;
  }

  /** The end of what it printed. */
  get log(): string {
    return this.#log;
  }

  get isAlive(): boolean {
    return !this.#exited;
  }

  get #exited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Throws, with its last words, when it has ended by itself. */
  check(): void {
    if (this.#asked || !this.#exited) return;
    const end = this.#child.signalCode ?? this.#child.exitCode;
    throw new Error(`weir ${this.role} ended by itself with ${end}: ${this.log.slice(-2_000)}`);
  }

  /** Never rejects. Without an answer within this time, ms, it is not ready. */
  async isReady(within = 5_000): Promise<boolean> {
    const signal = AbortSignal.timeout(within);
    const answer = await fetch(`http://127.0.0.1:${this.opsPort}/readyz`, { signal }).catch(() => undefined);
    await answer?.body?.cancel();
    return answer?.ok ?? false;
  }

  /** The first sample of a metric, with the labels as in the exposition; undefined where it is not there. */
  async metric(name: string): Promise<number | undefined> {
    const answer = await fetch(`http://127.0.0.1:${this.opsPort}/metrics`, {
      signal: AbortSignal.timeout(metricsWithinMs),
    });
    const line = (await answer.text()).split("\n").find((text) => text.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length + 1));
  }

  /** SIGKILL. Resolves when it is gone. */
  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  /** SIGTERM. Resolves with its exit code when it has stopped. */
  async terminate(): Promise<number | null> {
    await this.#end("SIGTERM");
    return this.#child.exitCode;
  }

  /** SIGSTOP: it keeps what it holds and does nothing. */
  pause(): void {
    this.#child.kill("SIGSTOP");
  }

  resume(): void {
    this.#child.kill("SIGCONT");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    this.check();
    this.#asked = true;
    if (this.#exited) return;
    const gone = once(this.#child, "exit");
    this.#child.kill(signal);
    await gone;
  }
}
