import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testSecret } from "../harness/deployment.ts";
import { compileCache, WeirProcess } from "../harness/weir-process.ts";

const dataDir = mkdtempSync(join(tmpdir(), "weir-cli-"));
const signed = mkdtempSync(join(tmpdir(), "weir-cli-"));
afterAll(() => rmSync(signed, { recursive: true, force: true }));
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function weir(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  node: readonly string[] = [],
): Promise<Result> {
  const command = [...node, "bin/weir.js", ...args];
  const options = {
    timeout: 60_000,
    env: { PATH: process.env["PATH"] ?? "", NODE_COMPILE_CACHE: compileCache, WEIR_DATA_DIR: dataDir, ...env },
  };
  const { promise, resolve } = Promise.withResolvers<Result>();
  const child = execFile(process.execPath, command, options, (_, out, err) =>
    resolve({ code: child.exitCode, out, err }),
  );
  return promise;
}

// Each test starts processes of its own, and mostly waits for them.
test.concurrent("a wrong setting ends the program with 2 and one line that says which and what is allowed", async () => {
  const result = await weir(["all-in-one"], { WEIR_PORT: "http" });
  expect(result).toEqual({
    code: 2,
    out: "",
    err: 'weir: WEIR_PORT: "http" is not valid; allowed: a whole number from 0 to 65535\n',
  });
});

test.concurrent.each([
  [["gateway"], {}, "WEIR_REDIS_URL is not set"],
  [
    ["gateway", "--redis-url", "redis+cluster://a:1,b:2"],
    { WEIR_MONGODB_URL: "mongodb://m/d", WEIR_JWT_SECRET: testSecret },
    "cluster",
  ],
  [
    ["gateway", "--redis-url", "redis://r"],
    { WEIR_MONGODB_URL: "mongodb://m", WEIR_JWT_SECRET: testSecret },
    "WEIR_MONGODB_URL is not valid: the MongoDB URL names no database",
  ],
  [["all-in-one", "--jwt-secret", "short"], {}, "WEIR_JWT_SECRET is not valid: the token secret has 5 bytes"],
  [
    ["deadletter", "list", "--limit", "abc"],
    {},
    '--limit: "abc" is not valid; allowed: a whole number from 1 to 1000000',
  ],
  [["token", "--sub", "ada", "--exp", "soon"], {}, "--exp"],
  [["token", "--sub", "ada", "--rooms", "lobby=fly"], {}, "--rooms"],
  [["probe", "--url", "http://127.0.0.1:1", "--timeout", "x"], {}, "--timeout"],
])("weir %j is refused as a configuration, in one line", async (args, env, why) => {
  const { code, err } = await weir(args, env);
  expect(err).toContain(why);
  expect(err.trimEnd().split("\n")).toHaveLength(1);
  expect(code).toBe(2);
});

test.concurrent("a gateway whose workers refuse their configuration ends with 2 as one without workers does", async () => {
  const { code, err } = await weir(
    ["gateway", "--workers", "2", "--port", "0", "--ops-port", "0", "--redis-url", "redis://r"],
    {
      WEIR_MONGODB_URL: "mongodb://m",
      WEIR_JWT_SECRET: testSecret,
    },
  );
  expect(err).toContain("names no database");
  expect(err).toContain("weir: a worker refused its configuration");
  expect(code).toBe(2);
});

test.concurrent("an old Node gets a sentence and not a stack trace", async () => {
  const fake = "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'20.1.0'})";
  const { code, err } = await weir(["--version"], {}, ["--import", fake]);
  expect(err).toMatch(/^weir needs Node 24 or newer and this is 20\.1\.0: .*\n$/);
  expect(code).toBe(2);
});

test.concurrent("help and version answer and end with 0", async () => {
  const [help, version, unknown] = await Promise.all([weir(["--help"]), weir(["--version"]), weir(["fly"])]);
  expect(help.out).toContain("all-in-one");
  expect(version.out).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect([help.code, version.code, unknown.code]).toEqual([0, 0, 2]);
});

test.concurrent("weir token where no server has made a secret makes none either, and says where it looked", async () => {
  const elsewhere = join(dataDir, "elsewhere");
  const { code, out, err } = await weir(["token", "--sub", "ada"], { WEIR_DATA_DIR: elsewhere });
  expect(err).toContain(`the data folder ${elsewhere} has none; set --data-dir`);
  expect([code, out, existsSync(elsewhere)]).toEqual([2, "", false]);
  expect((await weir(["probe", "--url", "http://127.0.0.1:1"], { WEIR_DATA_DIR: elsewhere })).code).toBe(2);
});

test.concurrent("weir token prints a token that says what was asked, and which data folder's secret signed it", async () => {
  writeFileSync(join(signed, "jwt-secret"), testSecret);
  const { out, err } = await weir(
    ["token", "--sub", "ada", "--name", "Ada", "--rooms", "team:*=read,write;lobby=read", "--exp", "5m"],
    { WEIR_DATA_DIR: signed },
  );
  expect(err).toBe(`signed with the secret of the data folder ${signed}\n`);
  const { sub, exp = 0, iat = 0, ...rest } = decodeJwt(out.trim());
  expect({ sub, seconds: exp - iat, ...rest }).toEqual({
    sub: "ada",
    seconds: 300,
    name: "Ada",
    rooms: [
      { room: "team:*", can: ["read", "write"] },
      { room: "lobby", can: ["read"] },
    ],
  });
  expect((await weir(["token", "--sub", "ada"], { WEIR_JWT_SECRET: testSecret })).err).toBe("");
});

test.concurrent("weir config shows what was understood and hides what is secret", async () => {
  const { out } = await weir(["config", "--port", "1234"], {
    WEIR_REDIS_URL: "redis://:hunter2@r",
    WEIR_MONGODB_URL: "mongodb://u:hunter2@m/d",
    WEIR_JWT_SECRET: testSecret,
  });
  expect(JSON.parse(out)).toMatchObject({ WEIR_PORT: 1_234, WEIR_REDIS_URL: "(set, hidden)", WEIR_FLUSH_LINGER: 100 });
  expect(out).not.toContain("hunter2");
});

describe("beside a running weir", () => {
  const named = { WEIR_JWT_ISSUER: "tests", WEIR_JWT_AUDIENCE: "chat" };
  let running: WeirProcess;
  beforeAll(async () => {
    running = await WeirProcess.start({ role: "all-in-one", env: { WEIR_DATA_DIR: dataDir, ...named } });
  });
  afterAll(() => running.kill());

  test.concurrent("weir probe makes a round trip and says how long each step took", async () => {
    const { code, out, err } = await weir(["probe", "--url", running.url], named);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out.match(/^\w+/gm)).toEqual(["connect", "join", "send", "deliver", "stored", "history"]);
  });

  test.concurrent("the development secret can be read by its owner only, and weir token signs with it", async () => {
    expect(statSync(join(dataDir, "jwt-secret")).mode & 0o777).toBe(0o600);
    const authorization = `Bearer ${(await weir(["token", "--sub", "ada"], named)).out.trim()}`;
    const answer = await fetch(`${running.url}/socket.io/?EIO=4&transport=polling`, { headers: { authorization } });
    expect(answer.status).toBe(200);
  });

  test.concurrent("weir probe ends at once with the reason where no gateway answers at the URL", async () => {
    // Weir listens on another address of this machine.
    const closed = `127.0.0.2:${running.port}`;
    const ops = `http://127.0.0.1:${running.opsPort}`;
    for (const [url, reason] of [
      [`http://${closed}`, `http://${closed} is not reached: connect ECONNREFUSED ${closed}`],
      [ops, `no gateway answers at ${ops}: /socket.io/?EIO=4&transport=polling&sid=none gets status 404`],
    ] as const) {
      const { code, err } = await weir(["probe", "--url", url, "--timeout", "10m"], named);
      expect(err).toContain(reason);
      expect(code).toBe(1);
    }
  });

  test.concurrent("weir probe fails with 1 where the token is refused", async () => {
    const { code, err } = await weir(["probe", "--url", running.url], {
      ...named,
      WEIR_JWT_SECRET: "another secret of the same length or so",
    });
    expect(err).toContain("UNAUTHENTICATED");
    expect(code).toBe(1);
  });

  test.concurrent("a second weir on the same data folder is told that it is in use", async () => {
    const { code, err } = await weir(["all-in-one", "--port", "0", "--ops-port", "0"]);
    expect(err).toContain("is in use by another process");
    expect(code).toBe(2);
  });

  test.concurrent("the demo page gives tokens that this gateway takes, only under a loopback name", async () => {
    const ask = (host: string): Promise<Response> =>
      fetch(`http://${host}:${running.port}/demo/token?sub=ada&name=Ada`);
    const given = await ask("127.0.0.1");
    expect(given.status).toBe(200);
    const [, token = ""] = /"token":"([^"]+)"/.exec(await given.text()) ?? [];
    expect(decodeJwt(token)).toMatchObject({ sub: "ada", iss: "tests", aud: "chat" });
    const rebound = await weir([], {}, ["--input-type=module", "--eval", foreignHost(running.port)]);
    expect(rebound.out.trim()).toBe("403");
  });

  test("SIGTERM ends it with 0", async () => {
    expect(await running.terminate()).toBe(0);
  });
});

/** A request that names another host, as a page would whose name was pointed at this machine. */
function foreignHost(port: number): string {
  return `import { get } from "node:http";
get({ port: ${port}, path: "/demo/token?sub=a&name=A", headers: { host: "evil.example" } }, (r) => { console.log(r.statusCode); process.exit(0); });`;
}

test.concurrent("all-in-one says when other users can list its data folder, and not where they can't", async () => {
  for (const [name, isTold] of [
    ["notes.txt", true],
    ["weir.db", false],
  ] as const) {
    const dir = mkdtempSync(join(tmpdir(), "weir-cli-"));
    try {
      chmodSync(dir, 0o755);
      writeFileSync(join(dir, name), "");
      await using process = await WeirProcess.start({ role: "all-in-one", env: { WEIR_DATA_DIR: dir } });
      expect(process.log.includes("other users of this machine can list the data folder")).toBe(isTold);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  }
});
