import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { createJumpingClock } from "./jumping-clock.ts";
import { until } from "./until.ts";

export interface RedisServerOptions {
  /** Whether it writes an append-only file. */
  readonly appendOnly?: boolean;
  /**
   * When the file is synced. With `everysec` (the default) Redis holds writes back in its memory while a sync is slow, for up
   * to two seconds, so on a busy disk a SIGKILL loses what was acknowledged in that time; with `always` it never does.
   */
  readonly sync?: "everysec" | "always";
  /** Lines of an ACL file. `default` has to stay able to do everything, since this harness uses it. */
  readonly users?: readonly string[];
  /** Port of the server that it copies; it has started once the copy is complete. */
  readonly replicaOf?: number;
  /** Makes its wall clock one that can be put forward and back. */
  readonly jumpingClock?: true;
  /** Where its data is, on a disk of the test's own; without it a folder of the temporary ones. */
  readonly dir?: string;
}

/** With which data a server starts again: what it has, nothing, or a copy made earlier. */
type StartingData = "kept" | "empty" | { readonly copy: string };

/** A Redis of the test's own. Every way to end it leaves the data until `close`. */
export interface RedisServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Ends it as an operator would. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again on the same port; ends it first where it runs. */
  restart(data?: StartingData): Promise<void>;
  /** SIGSTOP: it holds its connections and answers nothing. */
  pause(): void;
  resume(): void;
  /** Makes a replica take writes, and the place of what it copied. */
  promote(): Promise<void>;
  /** Puts its wall clock forward, or back where `ms` is below 0. It needs `jumpingClock`. */
  jump(ms: number): void;
  /** Sends one command without blanks in its words, and returns the start of the answer as it comes. */
  ask(command: string): Promise<string>;
  /** Copies the data as it lies on the disk now; returns where to. */
  copyData(): Promise<string>;
  /** Ends it and removes its data. */
  close(): Promise<void>;
}

const aofFolder = "appendonlydir";
const howToInstall = "redis-server is not on the PATH; install it: apt-get install redis-server";

/** Starts a Redis on a free port, with its data in a folder of its own. */
export async function startRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const dir = await mkdtemp(join(options.dir ?? tmpdir(), "weir-redis-"));
  const port = await freePort();
  const clock = options.jumpingClock === true ? await createJumpingClock(dir) : undefined;
  const start = (): Promise<ChildProcess> => launch(dir, port, { ...options, env: { ...process.env, ...clock?.env } });
  let child = await start().catch(async (error: unknown) => {
    await rm(dir, { recursive: true, force: true });
    throw error;
  });
  let copies = 0;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  };
  const close = async (): Promise<void> => {
    await end("SIGKILL");
    await rm(dir, { recursive: true, force: true });
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    restart: async (data = "kept") => {
      await end("SIGKILL");
      if (data !== "kept") await rm(join(dir, aofFolder), { recursive: true, force: true });
      if (typeof data === "object") await cp(data.copy, join(dir, aofFolder), { recursive: true });
      child = await start();
    },
    pause: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
    promote: async () => {
      const answer = await ask(port, "REPLICAOF NO ONE");
      if (!answer.startsWith("+OK")) throw new Error(`not promoted: ${answer}`);
    },
    jump: (ms) => {
      if (clock === undefined) throw new Error("this Redis was started without jumpingClock");
      clock.jump(ms);
    },
    ask: (command) => ask(port, command),
    copyData: async () => {
      const copy = join(dir, `copy-${++copies}`);
      await cp(join(dir, aofFolder), copy, { recursive: true });
      return copy;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A Redis to share: the one that REDIS_URL names, where it is set, else one of the test's own. */
export async function shareRedis(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const given = process.env["REDIS_URL"];
  if (given !== undefined && given !== "") return { url: given, close: () => Promise.resolve() };
  return startRedisServer();
}

type LaunchOptions = RedisServerOptions & { readonly env: NodeJS.ProcessEnv };

async function launch(dir: string, port: number, options: LaunchOptions): Promise<ChildProcess> {
  const { appendOnly = false, sync = "everysec", replicaOf, users, env } = options;
  const flags = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", dir, "--save", "", "--appendfsync", sync];
  const copying = replicaOf === undefined ? [] : ["--replicaof", "127.0.0.1", `${replicaOf}`];
  const aof = ["--appendonly", appendOnly ? "yes" : "no", "--appenddirname", aofFolder];
  const acl = users === undefined ? [] : ["--aclfile", await writeUsers(dir, users)];
  const args = [...flags, ...aof, "--repl-diskless-sync-delay", "0", ...copying, ...acl];
  const child = spawn("redis-server", args, { env, stdio: ["ignore", "ignore", "inherit"] });
  let failure: Error | undefined;
  child.on("error", (error) => {
    failure = "code" in error && error.code === "ENOENT" ? new Error(howToInstall) : error;
  });
  const clean = (): void => {
    child.kill("SIGKILL");
    rmSync(dir, { recursive: true, force: true });
  };
  process.once("exit", clean);
  child.once("exit", () => process.removeListener("exit", clean));
  await until(() => failure !== undefined || child.exitCode !== null || answers(port, replicaOf), { within: 60_000 });
  if (failure !== undefined) throw failure;
  if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode} at once`);
  return child;
}

async function writeUsers(dir: string, users: readonly string[]): Promise<string> {
  const path = join(dir, "users.acl");
  await writeFile(path, users.map((line) => `${line}\n`).join(""));
  return path;
}

/** Whether it has loaded its data, or copied it, and takes commands. */
async function answers(port: number, replicaOf: number | undefined): Promise<boolean> {
  try {
    if (replicaOf === undefined) return (await ask(port, "PING")).startsWith("+PONG");
    // The other side's word: it counts a replica as online a moment after that has its copy.
    return (await ask(replicaOf, "INFO replication")).includes(`port=${port},state=online`);
  } catch {
    return false;
  }
}

/** Sends one command over a connection of its own. Returns the reply as it comes. */
export async function ask(port: number, command: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    socket.write(`${command}\r\n`);
    const reply: readonly unknown[] = await once(socket, "data");
    return String(reply[0]);
  } finally {
    socket.destroy();
  }
}
