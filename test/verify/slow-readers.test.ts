import { randomInt } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { HotMember, many, quantile, sendAll, sendMessage, sendPaced } from "../harness/crowd.ts";
import { testSecret, unlimited } from "../harness/deployment.ts";
import { type MongoServer, startMongoServer } from "../harness/mongo-server.ts";
import { byPace, onPaceOnly } from "../harness/pace.ts";
import { RawReader } from "../harness/raw-reader.ts";
import { type RedisServer, startRedisServer } from "../harness/redis-server.ts";
import { residentBytes } from "../harness/resident-bytes.ts";
import { signTestToken } from "../harness/sign-token.ts";
import { sized } from "../harness/size.ts";
import { StockServer } from "../harness/stock-load.ts";
import { until } from "../harness/until.ts";
import { WeirProcess } from "../harness/weir-process.ts";

/** Readers that stop, members that go on, messages a second and seconds. */
const stuckCount = 100;
const healthyCount = sized(100, 400);
const ratePerSecond = sized(500, 1_000);
const seconds = sized(6, 20);
const MiB = 1_048_576;
/** Shares of the deliveries, and up to where it is the machine's other processes that delay them, ms; readers that held up the others would cost seconds. */
const floorsMs = [
  [0.5, 10],
  [0.95, 100],
] as const;

/** The kernel takes about 4 MB for each reader before anything waits in the server: that is filled through a room of theirs. */
const filling = { messages: 700, text: "x".repeat(8_000) } as const;
const padding = "x".repeat(100);

let mongo: MongoServer;
let redis: RedisServer;
beforeAll(async () => {
  [mongo, redis] = await Promise.all([startMongoServer(), startRedisServer()]);
});
afterAll(async () => {
  await Promise.all([mongo.stop(), redis.close()]);
});

/** The same on stock Socket.IO: what its memory grew by while the readers were stuck, bytes. */
async function growthOfStock(): Promise<number> {
  await using server = await StockServer.start(redis.url);
  const connect = (): Promise<RawReader> => RawReader.connect({ url: server.url, path: "/socket.io/", namespace: "" });
  const sender = await connect();
  const healthy = await many(healthyCount, connect);
  for (const member of healthy) await member.ask("room:join", "hot");
  const send = (room: string, text: string) => (): Promise<unknown> => sender.ask("room:send", room, text);
  await sendPaced(ratePerSecond * 3, ratePerSecond, send("hot", padding));
  const stuck = await many(stuckCount, connect);
  for (const reader of stuck) for (const room of ["hot", "fill"]) await reader.ask("room:join", room);
  for (const reader of stuck) reader.pause();
  const before = residentBytes(server.pid);
  await sendAll(filling.messages, send("fill", filling.text));
  await sendPaced(ratePerSecond * seconds, ratePerSecond, send("hot", padding));
  const grownBytes = residentBytes(server.pid) - before;
  for (const reader of [sender, ...healthy, ...stuck]) reader.end();
  return grownBytes;
}

function expectAll(members: readonly HotMember[], from: number, to: number): void {
  for (const { seqs } of members) expect(seqs).toEqual(Array.from({ length: to - from + 1 }, (_, i) => from + i));
}

test(
  "a hundred readers that never read cost a bounded amount, less than stock, the others notice nothing, and the hundred miss nothing",
  onPaceOnly,
  async () => {
    await using gateway = await WeirProcess.start({
      role: "gateway",
      env: {
        ...unlimited,
        WEIR_ADMISSION_RATE: "100000",
        WEIR_ADMISSION_BURST: "100000",
        WEIR_REDIS_URL: redis.url,
        WEIR_MONGODB_URL: mongo.url(`slow-readers-${randomInt(1_000_000)}`),
      },
    });
    const connect = (sub: string): Promise<RawReader> =>
      RawReader.connect({
        url: gateway.url,
        path: "/rt/",
        namespace: "/chat,",
        auth: { token: signTestToken(testSecret, { sub }) },
      });
    const nameOfStuck = (i: number): string => `stuck-${i}`;
    const join = async (sub: string): Promise<HotMember> => {
      const member = new HotMember(await connect(sub));
      await member.join();
      return member;
    };
    let sent = 0;
    const senders = await many(10, async (i) => connect(`sender-${i}`));
    for (const room of ["hot", "fill"]) await Promise.all(senders.map((sender) => sender.ask("room:join", { room })));
    const send = (room: string, text: () => string) => (): Promise<void> => {
      sent += 1;
      return sendMessage(senders[sent % senders.length], { room, id: `m${sent}`, text: text() });
    };
    const sendHot = send("hot", () => `${performance.now()} ${padding}`);

    const healthy = await many(healthyCount, (i) => join(`healthy-${i}`));
    await sendPaced(ratePerSecond * 3, ratePerSecond, sendHot);
    const alone = healthy.flatMap((member) => member.forgetDelays());

    const stuck = await many(stuckCount, (i) => join(nameOfStuck(i)));
    for (const { reader } of stuck) {
      await reader.ask("room:join", { room: "fill", limit: 1 });
      reader.pause();
    }
    const before = residentBytes(gateway.pid);
    await sendAll(
      filling.messages,
      send("fill", () => filling.text),
    );
    await sendPaced(ratePerSecond * seconds, ratePerSecond, sendHot);
    const grownBytes = residentBytes(gateway.pid) - before;
    const beside = healthy.flatMap((member) => member.forgetDelays());
    const all = ratePerSecond * (3 + seconds);
    await until(() => healthy.every(({ seqs }) => seqs.length === all), { within: 30_000 });
    expectAll(healthy, 1, all);
    expect(healthy.every(({ resyncs }) => resyncs === 0)).toBe(true);
    expect(await gateway.metric('weir_slow_client_steps_total{step="resync"}')).toBeGreaterThanOrEqual(stuckCount);

    for (const { reader } of stuck) reader.resume();
    // Who took nothing for forty seconds was cut off, and comes back like anyone who lost the connection.
    await until(() => stuck.every(({ resyncs, reader }) => resyncs > 0 || reader.ended), { within: 60_000 });
    for (const [i, member] of stuck.entries())
      await member.comeBack(member.reader.ended ? await connect(nameOfStuck(i)) : member.reader);
    expectAll(stuck, ratePerSecond * 3 + 1, all);
    for (const { reader } of [...healthy, ...stuck]) reader.end();
    for (const sender of senders) sender.end();

    const stockGrownBytes = await growthOfStock();
    expect(grownBytes).toBeLessThan(64 * MiB);
    expect(stockGrownBytes).toBeGreaterThan(grownBytes);
    for (const [share, floor] of floorsMs)
      expect(quantile(beside, share), byPace("slow readers")).toBeLessThan(4 * Math.max(floor, quantile(alone, share)));
  },
);
