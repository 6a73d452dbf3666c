import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { freePort } from "./free-port.ts";
import { until } from "./until.ts";

/** Debian keeps servers where only root looks for programs. */
const env = { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin` };
const howToInstall = "haproxy is not on the PATH; install it: apt-get install haproxy";

/** Gateways that a proxy has places for. */
export const slots = ["a", "b", "c"] as const;
export type Slot = (typeof slots)[number];

/** A HAProxy before up to three gateways, with the rules of docs/operations.md. */
export interface Haproxy extends AsyncDisposable {
  /** `/rt` without affinity, `/socket.io` with a cookie; a 503 to a handshake is tried on another gateway. */
  readonly url: string;
  /** The same, but a 503 reaches the client. */
  readonly plainUrl: string;
  /** Puts a gateway into its place; from then on it gets clients. */
  enable(slot: Slot, port: number): Promise<void>;
}

/** The affinity cookie; its value is the slot. */
export const routeCookie = "weir_route";

export async function startHaproxy(): Promise<Haproxy> {
  const dir = await mkdtemp(join(tmpdir(), "weir-haproxy-"));
  const [port, plainPort] = [await freePort(), await freePort()];
  const [file, control] = [join(dir, "haproxy.cfg"), join(dir, "control")];
  await writeFile(file, configuration({ port, plainPort, control }));
  const child = spawn("haproxy", ["-db", "-f", file], { env, stdio: ["ignore", "ignore", "pipe"] });
  let failure: Error | undefined;
  let said = "";
  child.stderr.on("data", (chunk) => (said += String(chunk)));
  child.on("error", (error) => {
    failure = "code" in error && error.code === "ENOENT" ? new Error(howToInstall) : error;
  });
  const endWithUs = (): void => void child.kill("SIGKILL");
  process.once("exit", endWithUs);
  const close = async (): Promise<void> => {
    process.removeListener("exit", endWithUs);
    if (failure === undefined && child.exitCode === null) {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    }
    await rm(dir, { recursive: true, force: true });
  };
  await until(() => failure !== undefined || child.exitCode !== null || answers(control), { within: 60_000 });
  if (failure === undefined && child.exitCode !== null) failure = new Error(`haproxy ended at once: ${said}`);
  if (failure !== undefined) {
    await close();
    throw failure;
  }
  return {
    url: `http://127.0.0.1:${port}`,
    plainUrl: `http://127.0.0.1:${plainPort}`,
    enable: async (slot, to) => {
      for (const backend of backends) {
        await ask(control, `set server ${backend}/${slot} addr 127.0.0.1 port ${to}`);
        await ask(control, `set server ${backend}/${slot} state ready`);
      }
    },
    [Symbol.asyncDispose]: close,
  };
}

/** Rejects with what HAProxy says against a configuration. */
export async function checkConfiguration(content: string): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "weir-haproxy-"));
  try {
    await writeFile(join(dir, "haproxy.cfg"), content);
    await promisify(execFile)("haproxy", ["-c", "-f", join(dir, "haproxy.cfg")], { env });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const backends = ["rt", "sticky", "sticky_plain"] as const;

async function answers(control: string): Promise<boolean> {
  return (await ask(control, "show info")) !== "";
}

async function ask(control: string, line: string): Promise<string> {
  const socket = connect(control);
  socket.end(`${line}\n`);
  return text(socket);
}

interface Places {
  readonly port: number;
  readonly plainPort: number;
  readonly control: string;
}

function configuration({ port, plainPort, control }: Places): string {
  const servers = (cookie: boolean): string =>
    slots.map((slot) => `  server ${slot} 127.0.0.1:1 disabled${cookie ? ` cookie ${slot}` : ""}`).join("\n");
  return `
global
  stats socket ${control} level admin
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout tunnel 1h
  retries 2
  option redispatch 1
frontend clients
  bind 127.0.0.1:${port}
  use_backend rt if { path_beg /rt/ }
  default_backend sticky
frontend plain_clients
  bind 127.0.0.1:${plainPort}
  default_backend sticky_plain
backend rt
  balance leastconn
  retry-on conn-failure 503
${servers(false)}
backend sticky
  balance leastconn
  cookie ${routeCookie} insert indirect nocache preserve
  retry-on conn-failure 503
${servers(true)}
backend sticky_plain
  balance leastconn
  cookie ${routeCookie} insert indirect nocache preserve
${servers(true)}
`;
}
