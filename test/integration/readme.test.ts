import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTokenSigner } from "../../src/adapters/jose/token-signer.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { testSecret } from "../harness/deployment.ts";
import { WeirProcess } from "../harness/weir-process.ts";

const readme = readFileSync("README.md", "utf8");
const dataDir = mkdtempSync(join(tmpdir(), "weir-readme-"));
let weir: WeirProcess;

beforeAll(async () => {
  execFileSync("npm", ["run", "--silent", "build"], { stdio: "inherit" });
  weir = await WeirProcess.start({ role: "all-in-one", env: { WEIR_DATA_DIR: dataDir, WEIR_JWT_SECRET: testSecret } });
});

afterAll(async () => {
  await weir.terminate();
  rmSync(dataDir, { recursive: true, force: true });
});

function example(name: string): string {
  const [, code] = new RegExp(`<!-- example: ${name} -->\\n\`\`\`ts\\n([\\s\\S]*?)\`\`\``).exec(readme) ?? [];
  if (code === undefined) throw new Error(`the README has no example of ${name}`);
  return code;
}

/** Runs an example as its reader would: in a module of its own, with the three names that it takes as given. */
async function run(name: string): Promise<string> {
  const token = await createTokenSigner({ secret: testSecret, clock: systemClock })({
    sub: name.length.toString(),
    expiresInMs: 60_000,
  });
  const given = `const url = ${JSON.stringify(weir.url)}, token = ${JSON.stringify(token)};
const show = (entries) => { console.log(entries.map(({ text }) => text).join()); if (entries.some(({ text }) => text === "hello")) setTimeout(process.exit, 0, 0); };`;
  const file = join("dist", `example-${name.replaceAll(/\W/g, "-")}.mjs`);
  writeFileSync(file, `${given}\n${example(name)}`);
  return execFileSync(process.execPath, [file], { encoding: "utf8", timeout: 20_000 });
}

test.each(["weir/client", "socket.io-client"])(
  "the README's example of %s sends a message and shows it",
  async (name) => {
    expect(await run(name)).toContain("hello");
  },
);
