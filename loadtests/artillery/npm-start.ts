import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { freePort } from "../../test/harness/free-port.ts";
import { until } from "../../test/harness/until.ts";
import type { TargetOptions } from "./target.ts";

/** `npm start` on ports of its own. */
export interface StartedServer extends TargetOptions, AsyncDisposable {}

const root = fileURLToPath(new URL("../..", import.meta.url));
const readyWithinMs = 60_000;

/** @param dataDir a folder that nothing else uses */
export async function npmStart(dataDir: string): Promise<StartedServer> {
  const [port, opsPort] = [await freePort(), await freePort()];
  const secret = randomBytes(32).toString("hex");
  const env = {
    ...process.env,
    WEIR_PORT: String(port),
    WEIR_OPS_PORT: String(opsPort),
    WEIR_DATA_DIR: dataDir,
    WEIR_JWT_SECRET: secret,
    WEIR_LOG_LEVEL: "warn",
    // The load is made on the same machine: what it takes from the server is no reason for it to refuse anybody.
    WEIR_SHED_LOOP_DELAY: "0",
  };
  // A group of its own: npm, its shell and the server are told together to end.
  const child = spawn("npm", ["start"], { cwd: root, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => (output = (output + String(chunk)).slice(-10_000)));
  const { pid } = child;
  if (pid === undefined) throw new Error("npm did not start");
  const end = (signal: NodeJS.Signals): void => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-pid, signal);
  };
  const endAtOnce = (): void => end("SIGKILL");
  process.once("exit", endAtOnce);
  const opsUrl = `http://127.0.0.1:${opsPort}`;
  const ready = async (): Promise<boolean> => (await fetch(`${opsUrl}/readyz`)).ok;
  await until(() => child.exitCode !== null || ready(), { within: readyWithinMs, every: 50 });
  if (child.exitCode !== null) throw new Error(`npm start ended with ${child.exitCode}:\n${output}`);
  return {
    url: `http://127.0.0.1:${port}`,
    opsUrl,
    secret,
    [Symbol.asyncDispose]: async () => {
      const closed = once(child, "close");
      end("SIGTERM");
      await closed;
      process.removeListener("exit", endAtOnce);
    },
  };
}
