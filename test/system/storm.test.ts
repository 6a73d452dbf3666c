import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { Established, quantile } from "../harness/established.ts";
import { signTestToken } from "../harness/sign-token.ts";
import { ourStorm, type Storm, type StormOptions, stockStorm } from "../harness/storm.ts";
import { WeirProcess } from "../harness/weir-process.ts";

/** A larger storm is run for its figures, which are printed. */
const isLarge = process.env["STORM"] !== undefined;
const clients = Number(process.env["STORM"] ?? 1_000);
const secret = "a shared secret for the storm of handshakes";
const token = signTestToken(secret, { sub: "ada" });
const calmMs = 3_000;
/** The share of the round trips that is looked at. Beyond it, on a machine that tests share, it is the machine that is measured. */
const share = 0.9;
/** Round trips on a machine that has nothing to do are shorter than what its other processes can do to them, ms. */
const floorMs = 2;

interface Felt {
  /** How much longer an established client's round trips were in the storm than before it. */
  readonly ratio: number;
  readonly attempts: number;
}

async function feel(
  established: Established,
  storm: (options: StormOptions) => Promise<Storm>,
  url: string,
): Promise<Felt> {
  await pause(500);
  await established.trips();
  await pause(calmMs);
  const calm = quantile(await established.trips(), share);
  using raged = await storm({ url, clients, token, withinMs: 60_000 });
  const trips = await established.trips();
  const stormy = quantile(trips, share);
  const figures = [calm, stormy, quantile(trips, 0.99)].map((ms) => ms.toFixed(1));
  if (isLarge)
    process.stdout.write(`${storm.name}: ${raged.attempts} tries; calm, storm, p99: ${figures.join(", ")} ms\n`);
  return { ratio: stormy / Math.max(floorMs, calm), attempts: raged.attempts };
}

async function weirStorm(): Promise<Felt> {
  const dataDir = await mkdtemp(join(tmpdir(), "weir-storm-"));
  try {
    const env = { WEIR_DATA_DIR: dataDir, WEIR_JWT_SECRET: secret, WEIR_DEMO: "off" };
    await using weir = await WeirProcess.start({ role: "all-in-one", env });
    const ping = { path: "/rt", event: "room:leave", payload: { room: "r" } };
    await using established = await Established.start({ url: `${weir.url}/chat`, token, ...ping });
    return await feel(established, ourStorm, weir.url);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function startStockDoor(): Promise<{ readonly url: string; readonly child: ChildProcess }> {
  const script = fileURLToPath(new URL("../harness/stock-door.ts", import.meta.url));
  const child = spawn(process.execPath, [script, secret], { stdio: ["ignore", "pipe", "inherit"] });
  const endWithUs = (): void => void child.kill("SIGKILL");
  process.once("exit", endWithUs);
  child.once("exit", () => process.removeListener("exit", endWithUs));
  const printed: readonly unknown[] = await once(child.stdout, "data");
  return { url: `http://127.0.0.1:${Number(String(printed[0]))}`, child };
}

async function stockStormFelt(): Promise<Felt> {
  const { url, child } = await startStockDoor();
  try {
    await using established = await Established.start({ url, token, path: "/socket.io", event: "ping", payload: {} });
    return await feel(established, stockStorm, url);
  } finally {
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }
}

test("a storm of clients that come back is hardly felt by those who are in, and all get in; with stock Socket.IO it is felt", async () => {
  const [ours, stock] = [await weirStorm(), await stockStormFelt()];
  expect(ours.attempts).toBeLessThanOrEqual(1.5 * clients);
  expect(ours.ratio).toBeLessThan(30);
  expect(ours.ratio).toBeLessThan(stock.ratio / 3);
}, 180_000);
