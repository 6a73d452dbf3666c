import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "../../src/client/index.ts";
import { testSecret } from "../harness/deployment.ts";
import { type FaultProxy, startFaultProxy } from "../harness/fault-proxy.ts";
import { signTestToken } from "../harness/sign-token.ts";
import { until } from "../harness/until.ts";
import { WeirProcess } from "../harness/weir-process.ts";

const readme = readFileSync("README.md", "utf8");
const dataDir = mkdtempSync(join(tmpdir(), "weir-readme-"));
let weir: WeirProcess;
let proxy: FaultProxy;

beforeAll(async () => {
  execFileSync("npm", ["run", "--silent", "build"], { stdio: "inherit" });
  weir = await WeirProcess.start({ role: "all-in-one", env: { WEIR_DATA_DIR: dataDir, WEIR_JWT_SECRET: testSecret } });
  proxy = await startFaultProxy(Number(new URL(weir.url).port));
});

afterAll(async () => {
  await proxy?.close();
  await weir?.terminate();
  rmSync(dataDir, { recursive: true, force: true });
});

function example(name: string): string {
  const [, code] = new RegExp(`<!-- example: ${name} -->\\n\`\`\`ts\\n([\\s\\S]*?)\`\`\``).exec(readme) ?? [];
  if (code === undefined) throw new Error(`the README has no example of ${name}`);
  return code;
}

/** An example as its reader runs it: in a module of its own, with the three names that it takes as given. */
class RunningExample implements Disposable {
  readonly #process: ReturnType<typeof spawn>;
  readonly #texts: string[] = [];

  constructor(name: string, room: string) {
    const url = `http://127.0.0.1:${proxy.port}`;
    const token = signTestToken(testSecret, { sub: `reader-${room}` });
    const given = `const url = ${JSON.stringify(url)}, token = ${JSON.stringify(token)};
const show = (entries) => { for (const { text } of entries) console.log(text); };`;
    const file = join("dist", `example-${name.replaceAll(/\W/g, "-")}.mjs`);
    writeFileSync(file, `${given}\n${example(name).replaceAll('"lobby"', JSON.stringify(room))}`);
    this.#process = spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "inherit"] });
    this.#process.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      this.#texts.push(...chunk.trim().split("\n"));
    });
  }

  /** What it has shown. */
  get texts(): readonly string[] {
    return this.#texts;
  }

  [Symbol.dispose](): void {
    this.#process.kill("SIGKILL");
  }
}

test.each([
  ["weir/client", "client-room"],
  ["socket.io-client", "socket-room"],
])(
  "the README's example of %s sends a message and shows it, and after a loss shows what it missed",
  async (name, room) => {
    const token = signTestToken(testSecret, { sub: "other" });
    const other = connect({ url: weir.url, token });
    using running = new RunningExample(name, room);
    await until(() => running.texts.includes("hello"));
    proxy.cut();
    const others = other.join(room);
    await others.send("missed");
    proxy.heal();
    await until(() => running.texts.includes("missed"));
    await others.send("after");
    await until(() => running.texts.includes("after"));
    expect(running.texts).toEqual(["hello", "missed", "after"]);
    other.close();
  },
);
