import { randomInt } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ChatClient, connect, type Room } from "../../src/client/index.ts";
import { testSecret, unlimited } from "../harness/deployment.ts";
import { type MongoServer, startMongoServer } from "../harness/mongo-server.ts";
import { byPace, onPaceOnly } from "../harness/pace.ts";
import { type RedisServer, startRedisServer } from "../harness/redis-server.ts";
import { signTestToken } from "../harness/sign-token.ts";
import { lasting } from "../harness/soak.ts";
import { storedHistory } from "../harness/stored-history.ts";
import { until } from "../harness/until.ts";
import { WeirProcess } from "../harness/weir-process.ts";

/* Two gateways, one of them with workers, that send through themselves and each other, and what they rest on taken away. */

const legs = ["connect", "join", "send", "deliver", "stored", "history", "peer"];
const slow = { within: 60_000, every: 100 } as const;

const resources = new AsyncDisposableStack();
let mongo: MongoServer;
let redis: RedisServer;
let env: Readonly<Record<string, string>>;
let databaseUrl: string;
let gateways: readonly WeirProcess[];

beforeAll(async () => {
  mongo = await startMongoServer({ own: true });
  resources.defer(() => mongo.stop());
  redis = resources.use(await startRedisServer({ appendOnly: true }));
  databaseUrl = mongo.url(`canary-${randomInt(1_000_000)}`);
  env = { ...unlimited, WEIR_MONGODB_URL: databaseUrl, WEIR_REDIS_URL: redis.url, WEIR_CANARY_EVERY: "500ms" };
  resources.use(await WeirProcess.start({ role: "flusher", env }));
  gateways = [await startGateway(), await startGateway({ WEIR_WORKERS: "2" })];
});

afterAll(() => resources.disposeAsync());

async function startGateway(more: Readonly<Record<string, string>> = {}): Promise<WeirProcess> {
  return resources.use(await WeirProcess.start({ role: "gateway", env: { ...env, ...more } }));
}

/** That each of the gateways is what `is` asks, in the end. */
async function each(is: (gateway: WeirProcess) => Promise<boolean>): Promise<void> {
  for (const gateway of gateways) await until(() => is(gateway), slow);
}

async function isLive({ opsPort }: WeirProcess): Promise<boolean> {
  return (await fetch(`http://127.0.0.1:${opsPort}/livez`)).ok;
}

const grown = async (gateway: WeirProcess, series: string, from = 0): Promise<boolean> =>
  ((await gateway.metric(series)) ?? 0) > from;

const age = (part: string): string => `weir_canary_age_seconds{part="${part}"}`;

test(
  "every gateway, also one with workers, measures every leg of its message, to another gateway and back too",
  onPaceOnly,
  async () => {
    for (const leg of legs) await each((gateway) => grown(gateway, `weir_canary_seconds_count{leg="${leg}"}`, 2));
    for (const gateway of gateways) {
      // One may fall between two visits on a machine that stalls.
      const lost = await gateway.metric('weir_canary_failures_total{leg="peer",cause="broken"}');
      expect(lost, byPace("canary visit")).toBeLessThanOrEqual(1);
      expect(await gateway.metric('weir_connections{transport="websocket"}')).toBe(0);
      expect(await gateway.metric(age("stored"))).toBeLessThan(30);
    }
    await until(async () => {
      const senders = new Set((await storedHistory(databaseUrl)).get("weir:canary")?.map(({ from }) => from));
      return senders.size === 3;
    }, slow);
  },
);

test("with the database gone every gateway stays ready, a new one becomes ready, and users chat on all of them", async () => {
  using talk = await startTalk(gateways.map(({ url }) => url));
  await talk.say("before");
  await mongo.kill();
  await each((gateway) => grown(gateway, 'weir_canary_failures_total{leg="stored",cause="broken"}'));
  const newcomer = await startGateway();
  await talk.enter(newcomer.url);
  const start = performance.now();
  // Longer than three intervals and 5 s, after which a gateway that does not deliver is not ready.
  for (let i = 0; performance.now() - start < 10_000; i++) {
    for (const gateway of [...gateways, newcomer]) expect(await gateway.isReady()).toBe(true);
    await talk.say(`meanwhile ${i}`);
    await lasting(500);
  }
  expect(await newcomer.terminate()).toBe(0);
  await mongo.restart();
  await each(async (gateway) => !(await grown(gateway, age("stored"), 5)));
}, 180_000);

test("with Redis gone no gateway is ready and all are live; when it is back the canary comes through and they are ready again", async () => {
  await redis.kill();
  await each(async (gateway) => !(await gateway.isReady()));
  await each((gateway) => grown(gateway, 'weir_canary_failures_total{leg="join",cause="broken"}'));
  for (const gateway of gateways) expect(await isLive(gateway)).toBe(true);
  await redis.restart();
  await each((gateway) => gateway.isReady());
  await each(async (gateway) => !(await grown(gateway, age("live"), 5)));
}, 180_000);

interface Talk extends Disposable {
  /** One more comes in, through this gateway. */
  enter(url: string): Promise<void>;
  /** The first says it; resolves when everyone has it. */
  say(text: string): Promise<void>;
}

/** Users in one room, one on each gateway. */
async function startTalk(urls: readonly string[]): Promise<Talk> {
  const clients: ChatClient[] = [];
  const rooms: Room[] = [];
  const heard: string[][] = [];
  const enter = async (url: string): Promise<void> => {
    const client = connect({ url, token: signTestToken(testSecret, { sub: `user-${clients.length}` }) });
    clients.push(client);
    const room = client.join("hall");
    const texts: string[] = [];
    room.on("entries", (entries) => void texts.push(...entries.map(({ text = "" }) => text)));
    await until(() => room.state.status === "live");
    rooms.push(room);
    heard.push(texts);
  };
  for (const url of urls) await enter(url);
  return {
    enter,
    say: async (text) => {
      await rooms[0]?.send(text);
      await until(() => heard.every((texts) => texts.includes(text)));
    },
    [Symbol.dispose]: () => {
      for (const client of clients) client.close();
    },
  };
}
