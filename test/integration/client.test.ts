import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AppendAnswer, type ChatClient, type ClientOptions, connect, type Room } from "../../src/client/index.ts";
import { testSecret } from "../harness/deployment.ts";
import { signTestToken } from "../harness/sign-token.ts";
import { until } from "../harness/until.ts";
import { WeirProcess } from "../harness/weir-process.ts";

let dataDir: string;
let weir: WeirProcess;
let url: string;
const clients: ChatClient[] = [];

function startWeir(env: Readonly<Record<string, string>> = {}): Promise<WeirProcess> {
  const settings = { WEIR_DATA_DIR: dataDir, WEIR_JWT_SECRET: testSecret, WEIR_DRAIN_WINDOW: "1s", ...env };
  return WeirProcess.start({ role: "all-in-one", env: settings });
}

function startAgain(): Promise<WeirProcess> {
  return startWeir({ WEIR_PORT: new URL(url).port });
}

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "weir-client-"));
  weir = await startWeir();
  url = weir.url;
});

afterAll(async () => {
  for (const client of clients) client.close();
  await weir?.kill();
  await rm(dataDir, { recursive: true, force: true });
});

function connectAs(sub: string, options: Partial<ClientOptions> = {}): ChatClient {
  const token = signTestToken(testSecret, { sub });
  const client = connect({ url, token, reconnect: { firstMs: 200, maxMs: 500 }, ...options });
  clients.push(client);
  return client;
}

function collect(room: Room): string[] {
  const texts: string[] = [];
  room.on("entries", (entries) => texts.push(...entries.flatMap(({ text = [] }) => text)));
  return texts;
}

test("through two kill -9 and a drain, every message is acknowledged, once and in order, and all see the same", async () => {
  const writers = ["ann", "bob", "cid"].map((sub) => connectAs(sub).join("crash"));
  const seen = collect(connectAs("eve").join("crash"));
  const perRound = 8;
  const sends: Promise<AppendAnswer>[] = [];
  const acknowledged = writers.map(() => 0);
  const send = async (w: number, text: string): Promise<AppendAnswer> => {
    const answer = await writers[w]?.send(text);
    if (answer === undefined) throw new RangeError(`no writer ${w}`);
    acknowledged[w] = (acknowledged[w] ?? 0) + 1;
    return answer;
  };
  for (const [round, end] of (["kill", "kill", "terminate"] as const).entries()) {
    const before = [...acknowledged];
    for (const w of writers.keys()) {
      for (let i = 0; i < perRound; i++) sends.push(send(w, `${w}:${round * perRound + i}`));
    }
    // The client gives up an append that two connections in a row did not survive, so each writer gets on between the kills.
    await until(() => acknowledged.every((count, w) => count > (before[w] ?? 0)));
    await weir[end]();
    weir = await startAgain();
  }
  const answers = await Promise.all(sends);
  expect(new Set(answers.map(({ seq }) => seq)).size).toBe(sends.length);
  await until(() => seen.length === sends.length, { within: 20_000 });
  for (const w of writers.keys()) {
    const own = seen.filter((text) => text.startsWith(`${w}:`));
    expect(own).toEqual(Array.from({ length: 3 * perRound }, (_, i) => `${w}:${i}`));
  }
  const late = collect(connectAs("fay").join("crash", { limit: sends.length }));
  await until(() => late.length === sends.length);
  expect(late).toEqual(seen);
});

// These tests leave the gateway as it is, so they share it.
test.concurrent("a room that moved on while a client was away gives it all it missed, page by page", async () => {
  const ann = connectAs("ann").join("away");
  await ann.send("first");
  await until(() => ann.position !== undefined);
  const after = ann.position;
  const writers = Array.from({ length: 15 }, (_, i) => connectAs(`writer${i}`).join("away"));
  for (let i = 0; i < 225; i++) await writers[i % writers.length]?.send(`missed ${i}`);
  const back = connectAs("bea").join("away", after === undefined ? {} : { after });
  const gaps: unknown[] = [];
  back.on("gap", (gap) => gaps.push(gap));
  const seen = collect(back);
  await until(() => seen.length === 225);
  expect(seen).toEqual(Array.from({ length: 225 }, (_, i) => `missed ${i}`));
  expect(gaps).toEqual([]);
});

test.concurrent("where WebSockets do not get through, the client polls", async () => {
  const routes = [
    { path: "/no-such-path", transports: ["websocket" as const] },
    { path: "/socket.io", transports: ["polling" as const] },
  ];
  const room = connectAs("poll", { routes }).join("polling");
  await expect(room.send("by post")).resolves.toMatchObject({ seq: 1 });
});

test.concurrent("a token that ends is replaced without a break, and one that is over by a new connection", async () => {
  let issued = 0;
  const token = (): Promise<string> => {
    issued += 1;
    const seconds = issued === 1 ? -5 : 30;
    return Promise.resolve(signTestToken(testSecret, { sub: "tok", exp: Math.floor(Date.now() / 1_000) + seconds }));
  };
  const client = connectAs("tok", { token });
  const states: string[] = [];
  client.on("state", ({ status }) => states.push(status));
  await expect(client.join("tokens").send("hello")).resolves.toMatchObject({ seq: 1 });
  await until(() => issued === 3);
  await client.join("tokens").send("still here");
  expect(states.filter((status) => status === "online")).toEqual(["online"]);
});

test.concurrent("a token that does not verify closes the client, and says so", async () => {
  const client = connectAs("eve", { token: signTestToken("another secret that is also long enough", { sub: "eve" }) });
  await until(() => client.state.status === "closed");
  expect(client.state).toEqual({ status: "closed", reason: "UNAUTHENTICATED" });
});
