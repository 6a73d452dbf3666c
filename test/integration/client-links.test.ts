import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AppendError, type ChatClient, connect, type Entry, type Room } from "../../src/client/index.ts";
import { testSecret } from "../harness/deployment.ts";
import { type FaultProxy, startFaultProxy } from "../harness/fault-proxy.ts";
import { byPace, onPaceOnly } from "../harness/pace.ts";
import { signTestToken } from "../harness/sign-token.ts";
import { lasting } from "../harness/soak.ts";
import { until } from "../harness/until.ts";
import { WeirProcess } from "../harness/weir-process.ts";

let dataDir: string;
let weir: WeirProcess;
const clients: ChatClient[] = [];
const proxies: FaultProxy[] = [];

/** Writers may be fast; the limits of joins are the usual ones. */
const rates = {
  WEIR_RATE_USER: "5000",
  WEIR_RATE_USER_BURST: "5000",
  WEIR_RATE_ROOM: "5000",
  WEIR_RATE_PACKETS: "0",
};

function startWeir(env: Readonly<Record<string, string>> = {}): Promise<WeirProcess> {
  return WeirProcess.start({
    role: "all-in-one",
    env: { WEIR_DATA_DIR: dataDir, WEIR_JWT_SECRET: testSecret, WEIR_DEMO: "off", ...rates, ...env },
  });
}

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "weir-links-"));
  weir = await startWeir();
});

afterAll(async () => {
  for (const client of clients) client.close();
  for (const proxy of proxies) await proxy.close();
  await weir?.kill();
  await rm(dataDir, { recursive: true, force: true });
});

function connectAs(sub: string, { url = weir.url, answerMs = 10_000 } = {}): ChatClient {
  const token = signTestToken(testSecret, { sub });
  const client = connect({ url, token, answerMs, reconnect: { firstMs: 200, maxMs: 500 } });
  clients.push(client);
  return client;
}

/** A client whose way to the gateway can be broken. */
async function connectThrough(sub: string, answerMs?: number): Promise<{ proxy: FaultProxy; client: ChatClient }> {
  const proxy = await startFaultProxy(Number(new URL(weir.url).port));
  proxies.push(proxy);
  return { proxy, client: connectAs(sub, { url: `http://127.0.0.1:${proxy.port}`, answerMs }) };
}

function collect(room: Room): Entry[] {
  const seen: Entry[] = [];
  room.on("entries", (entries) => seen.push(...entries));
  return seen;
}

async function live(room: Room): Promise<void> {
  await until(() => room.state.status === "live");
}

// The gateway serves these tests side by side, because most of their time is that of slow links. The last test replaces the gateway.
test.concurrent("430 kB missed over a link of 30 kB/s are heard, once and in order, and cost little more than themselves", async () => {
  const writer = connectAs("writer").join("slow");
  await writer.send("first");
  // A page of the usual size takes 7 s, so each answer of that size comes late.
  const { proxy, client } = await connectThrough("reader", 4_000);
  const room = client.join("slow");
  await live(room);
  const seen = collect(room);
  const gaps: unknown[] = [];
  room.on("gap", (gap) => gaps.push(gap));
  proxy.cut();
  const texts = Array.from({ length: 215 }, (_, i) => `${i} ${"x".repeat(1_800)}`);
  for (const text of texts) await writer.send(text);
  const before = proxy.bytes;
  proxy.rate(30_000);
  proxy.heal();
  client.retryNow();
  await until(() => seen.length >= texts.length, { within: 45_000, every: 50 });
  expect(seen.map(({ text }) => text)).toEqual(texts);
  expect(gaps).toEqual([]);
  expect(proxy.bytes - before).toBeLessThan(1.5 * 430_000);
});

test.concurrent(
  "200 rooms come back within 3 s with the usual limits, the one on screen first",
  onPaceOnly,
  async () => {
    const names = Array.from({ length: 200 }, (_, i) => `room-${i}`);
    const writer = connectAs("writer-of-rooms");
    const written = names.map((name) => writer.join(name));
    for (const room of written) await live(room);
    const { proxy, client } = await connectThrough("reader-of-rooms");
    const rooms = names.map((name) => client.join(name));
    for (const room of rooms) await live(room);
    const heard: string[] = [];
    for (const room of rooms) room.on("entries", () => heard.push(room.name));
    const shown = rooms[150];
    if (shown !== undefined) shown.priority = 1;
    // A silence in which the rate of joins gets its burst back.
    await lasting(4_000);
    proxy.cut();
    for (const room of written) await room.send(`missed in ${room.name}`);
    let onlineAt = 0;
    client.on("state", ({ status }) => {
      if (status === "online") onlineAt = performance.now();
    });
    proxy.heal();
    client.retryNow();
    await until(() => heard.length >= names.length, { within: 30_000 });
    const tookMs = performance.now() - onlineAt;
    expect(heard[0]).toBe("room-150");
    expect([...heard].sort()).toEqual([...names].sort());
    expect(tookMs, byPace("rooms come back")).toBeLessThan(3_000);
  },
);

test.concurrent("a text that is too large is refused at once, and the connection stays", async () => {
  const client = connectAs("large");
  const room = client.join("large");
  const states: string[] = [];
  await live(room);
  client.on("state", ({ status }) => states.push(status));
  await expect(room.send("x".repeat(70_000))).rejects.toMatchObject({ code: "TOO_LARGE", outcome: "not-stored" });
  await expect(room.send(`x${"\u0001".repeat(8_191)}`)).resolves.toMatchObject({ seq: 1 });
  expect(states).toEqual([]);
});

test.concurrent("a message that was on its way when the room was left has its place, and is stored once", async () => {
  const client = connectAs("leaver");
  const room = client.join("left");
  await live(room);
  const sent = room.send("on its way");
  room.leave();
  await expect(sent).resolves.toMatchObject({ seq: 1 });
});

test.concurrent("a message that was on its way when the client was closed can be sent again by its id, and is stored once", async () => {
  const client = connectAs("closer");
  const room = client.join("closed");
  await live(room);
  const sent = room.send("on its way");
  client.close();
  const error = await sent.catch((thrown: unknown) => thrown);
  if (!(error instanceof AppendError)) throw new Error("no AppendError");
  expect(error.outcome).toBe("unknown");
  const again = connectAs("closer").join("closed");
  await again.send("on its way", { id: error.id });
  const { entries } = await again.history();
  expect(entries.map(({ id }) => id)).toEqual([error.id]);
});

test.concurrent("a room that two components share goes on for the one that stays", async () => {
  const client = connectAs("both");
  const [first, second] = [client.join("shared"), client.join("shared")];
  await live(second);
  first.leave();
  const seen = collect(second);
  await second.send("still here");
  await until(() => seen.length === 1);
});

test("after the data folder was put back to an older copy, an open client is told of a gap and sees what is sent", async () => {
  const copy = await mkdtemp(join(tmpdir(), "weir-older-"));
  const { proxy, client } = await connectThrough("rolled-back");
  const room = client.join("rollback");
  for (let i = 0; i < 3; i++) await room.send(`kept ${i}`);
  await weir.terminate();
  await cp(dataDir, copy, { recursive: true });
  weir = await startWeir();
  proxy.retarget(Number(new URL(weir.url).port));
  for (let i = 0; i < 5; i++) await room.send(`lost ${i}`);
  await until(() => room.position?.seq === 8);
  await weir.kill();
  await rm(dataDir, { recursive: true });
  await cp(copy, dataDir, { recursive: true });
  const gaps: unknown[] = [];
  room.on("gap", (gap) => gaps.push(gap));
  const seen = collect(room);
  weir = await startWeir();
  proxy.retarget(Number(new URL(weir.url).port));
  await room.send("after the rollback");
  await until(() => seen.length > 0);
  expect(seen.map(({ text }) => text)).toEqual(["after the rollback"]);
  expect(gaps).toHaveLength(1);
  expect(room.position?.seq).toBe(4);
  await rm(copy, { recursive: true });
});
