import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Established } from "./established.ts";
import { signTestToken } from "./sign-token.ts";
import { ourStorm, type Storm, type StormOptions, stockStorm } from "./storm.ts";
import { WeirProcess } from "./weir-process.ts";

const secret = "a shared secret for the storm of handshakes";
const token = signTestToken(secret, { sub: "ada" });
const calmMs = 3_000;

/** A storm as it was for a client that was in already. Times are ms, round trips shortest first. */
export interface Felt {
  readonly calm: readonly number[];
  readonly stormy: readonly number[];
  /** How often the clients of the storm dialed, in all. */
  readonly attempts: number;
  /** From the loss until all were in. */
  readonly tookMs: number;
}

interface Door {
  readonly url: string;
  readonly established: Established;
  readonly storm: (options: StormOptions) => Promise<Storm>;
  readonly clients: number;
}

async function feel({ established, storm, url, clients }: Door): Promise<Felt> {
  await pause(500);
  await established.trips();
  await pause(calmMs);
  const calm = await established.trips();
  const start = performance.now();
  using raged = await storm({ url, clients, token, withinMs: 60_000 });
  const tookMs = performance.now() - start;
  return { calm, stormy: await established.trips(), attempts: raged.attempts, tookMs };
}

/** Everyone comes back to one `all-in-one` as our client does. */
export async function weirStorm(clients: number): Promise<Felt> {
  const dataDir = await mkdtemp(join(tmpdir(), "weir-storm-"));
  try {
    // The pings are leaves, 200 a second, for which the rate of joins stands.
    const env = {
      WEIR_DATA_DIR: dataDir,
      WEIR_JWT_SECRET: secret,
      WEIR_DEMO: "off",
      WEIR_RATE_JOIN: "1000",
      WEIR_RATE_PACKETS: "0",
      WEIR_CONNECTIONS_PER_USER: "0",
    };
    await using weir = await WeirProcess.start({ role: "all-in-one", env });
    const ping = { path: "/rt", event: "room:leave", payload: { room: "r" } };
    await using established = await Established.start({ url: `${weir.url}/chat`, token, ...ping });
    return await feel({ established, storm: ourStorm, url: weir.url, clients });
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function startStockDoor(): Promise<{ readonly url: string; readonly child: ChildProcess }> {
  const script = fileURLToPath(new URL("stock-door.ts", import.meta.url));
  const child = spawn(process.execPath, [script, secret], { stdio: ["ignore", "pipe", "inherit"] });
  const endWithUs = (): void => void child.kill("SIGKILL");
  process.once("exit", endWithUs);
  child.once("exit", () => process.removeListener("exit", endWithUs));
  const printed: readonly unknown[] = await once(child.stdout, "data");
  return { url: `http://127.0.0.1:${Number(String(printed[0]))}`, child };
}

/** The same on stock Socket.IO with stock clients. */
export async function stockStormFelt(clients: number): Promise<Felt> {
  const { url, child } = await startStockDoor();
  try {
    await using established = await Established.start({ url, token, path: "/socket.io", event: "ping", payload: {} });
    return await feel({ established, storm: stockStorm, url, clients });
  } finally {
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }
}
