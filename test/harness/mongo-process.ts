import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";

/** A server that a test may start, crash and start again on the same data. */
export interface ServerProcess {
  start(): Promise<void>;
  /** Without a chance to tidy up. Resolves when it is gone. */
  kill(): Promise<void>;
  remove(): Promise<void>;
  /** The end of what it printed, for the message of a failed start. */
  lastWords(): string;
}

/** A child of this process. It does not outlive it. */
export class LocalProcess implements ServerProcess {
  readonly #program: string;
  readonly #args: readonly string[];
  readonly #endWithUs = (): void => void this.#child?.kill("SIGKILL");
  #child: ChildProcess | undefined;
  #output = "";

  constructor(program: string, args: readonly string[]) {
    this.#program = program;
    this.#args = args;
  }

  async start(): Promise<void> {
    const child = spawn(this.#program, this.#args, { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => this.#note(String(chunk)));
    await once(child, "spawn");
    this.#child = child;
    process.once("exit", this.#endWithUs);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    process.removeListener("exit", this.#endWithUs);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  remove(): Promise<void> {
    return this.kill();
  }

  lastWords(): string {
    return this.#output.trim();
  }

  #note(chunk: string): void {
    this.#output = (this.#output + chunk).slice(-2_000);
  }
}

/** A container whose port 27017 is `port` of this machine. */
export class ContainerProcess implements ServerProcess {
  readonly #image: string;
  readonly #port: number;
  #id: string | undefined;

  constructor(image: string, port: number) {
    this.#image = image;
    this.#port = port;
  }

  async start(): Promise<void> {
    if (this.#id !== undefined) return void (await docker("start", this.#id));
    this.#id = await docker("run", "--detach", "--publish", `127.0.0.1:${this.#port}:27017`, this.#image);
  }

  async kill(): Promise<void> {
    if (this.#id !== undefined) await docker("kill", this.#id);
  }

  async remove(): Promise<void> {
    if (this.#id !== undefined) await docker("rm", "--force", "--volumes", this.#id);
    this.#id = undefined;
  }

  lastWords(): string {
    return `docker logs ${this.#id ?? "(not started)"}`;
  }
}

async function docker(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)("docker", args);
  return stdout.trim();
}
