import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { freePort } from "../../harness/free-port.ts";

const file = fileURLToPath(new URL("../../harness/free-port.ts", import.meta.url));
const portsEach = 100;

/** A process that is given ports, and lives until it is disposed of. */
interface Asker extends AsyncDisposable {
  readonly ports: Promise<readonly number[]>;
}

function startAsker(): Asker {
  const program = `import { freePort } from ${JSON.stringify(file)};
    console.log(JSON.stringify(await Promise.all(Array.from({ length: ${portsEach} }, freePort))));
    process.stdin.resume();`;
  const args = ["--input-type=module", "--eval", program];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  const gone = once(child, "exit");
  return {
    ports: once(child.stdout, "data").then((printed: readonly unknown[]) => {
      const ports: unknown = JSON.parse(String(printed[0]));
      return Array.isArray(ports) ? ports.map(Number) : [];
    }),
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      await gone;
    },
  };
}

test("no two processes are given the same port, nor one process twice", async () => {
  await using stack = new AsyncDisposableStack();
  const askers = Array.from({ length: 4 }, () => stack.use(startAsker()));
  const given = (await Promise.all(askers.map(({ ports }) => ports))).flat();
  expect(given).toHaveLength(4 * portsEach);
  expect(new Set(given).size).toBe(given.length);
});

test("the kernel gives the port to nobody else while its server is down", async () => {
  const range = await readFile("/proc/sys/net/ipv4/ip_local_port_range", "utf8").catch(() => "49152 65535");
  const [lowest = 0] = range.split(/\s+/).map(Number);
  expect(await freePort()).toBeLessThan(lowest);
});
