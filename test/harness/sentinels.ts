import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { ask } from "./redis-server.ts";
import { until } from "./until.ts";

/** Sentinels that watch one primary, under the name `main`. */
export interface Sentinels extends AsyncDisposable {
  /** Port of the primary, as a majority says. */
  primaryPort(): Promise<number | undefined>;
  /** `SENTINEL FAILOVER`: promotes a replica although the primary lives. */
  failOver(): Promise<void>;
}

const count = 3;
const majority = 2;

/**
 * Starts three of them. They have started once each knows the others and every replica.
 * @param primaryPort of the primary
 * @param replicas how many it has
 */
export async function startSentinels(primaryPort: number, replicas: number): Promise<Sentinels> {
  const dir = await mkdtemp(join(tmpdir(), "weir-sentinels-"));
  const ports = await Promise.all(Array.from({ length: count }, () => freePort()));
  const children = await Promise.all(ports.map((port) => launch(dir, port, primaryPort)));
  const close = async (): Promise<void> => {
    await Promise.all(children.map(end));
    await rm(dir, { recursive: true, force: true });
  };
  const areReady = async (): Promise<boolean> => {
    const views = await Promise.all(ports.map((port) => ask(port, "INFO sentinel")));
    return views.every((view) => view.includes(`slaves=${replicas},sentinels=${count}`));
  };
  try {
    await until(areReady, { within: 60_000, every: 100 });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    primaryPort: async () => {
      const answers = await Promise.all(ports.map((port) => primaryOf(port)));
      return answers.find((answer) => answers.filter((other) => other === answer).length >= majority);
    },
    failOver: async () => {
      const answer = await ask(ports[0] ?? 0, "SENTINEL FAILOVER main");
      if (!answer.startsWith("+OK")) throw new Error(`no failover: ${answer}`);
    },
    [Symbol.asyncDispose]: close,
  };
}

async function launch(dir: string, port: number, primaryPort: number): Promise<ChildProcess> {
  const path = join(dir, `${port}.conf`);
  const lines = [
    `port ${port}`,
    "bind 127.0.0.1",
    `dir ${dir}`,
    `sentinel monitor main 127.0.0.1 ${primaryPort} ${majority}`,
    "sentinel down-after-milliseconds main 1000",
    "sentinel failover-timeout main 10000",
  ];
  await writeFile(path, `${lines.join("\n")}\n`);
  const child = spawn("redis-server", [path, "--sentinel"], { stdio: ["ignore", "ignore", "inherit"] });
  const clean = (): void => void child.kill("SIGKILL");
  process.once("exit", clean);
  child.once("exit", () => process.removeListener("exit", clean));
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

async function primaryOf(port: number): Promise<number> {
  const answer = await ask(port, "SENTINEL GET-MASTER-ADDR-BY-NAME main");
  return Number(answer.split("\r\n")[4]);
}
