import { randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, test } from "vitest";
import { testSecret } from "../harness/deployment.ts";
import { Established, quantile } from "../harness/established.ts";
import { type HostilePeer, hostilePeer } from "../harness/hostile-peer.ts";
import { startMongoServer } from "../harness/mongo-server.ts";
import { byPace, onPaceOnly } from "../harness/pace.ts";
import { startRedisServer } from "../harness/redis-server.ts";
import { signTestToken } from "../harness/sign-token.ts";
import { lasting } from "../harness/soak.ts";
import { until } from "../harness/until.ts";
import { WeirProcess } from "../harness/weir-process.ts";

const periodMs = 3_000;
/** Of one kind at the same time. */
const peers = 4;
/** What one of them sends, bytes: more than the burst of `WEIR_RATE_BYTES`. */
const floodBytes = 1_500_000;
const requestBytes = 60_000;
/** Twice the burst of the rate of packets below. */
const packetsAtOnce = 10_000;
const closedWithinMs = 2_000;
const allowedRatio = 1.5;
/** Round trips up to here are the machine's, ms. */
const floorMs = 20;

/** The pings of the neighbour are leaves, 200 a second. */
const env = {
  WEIR_JWT_SECRET: testSecret,
  WEIR_DEMO: "off",
  WEIR_RATE_JOIN: "1000",
  WEIR_RATE_PACKETS: "1000",
} as const;
const places = ["inside", "outside"] as const;

/** Requests to connect, here and elsewhere, and pongs. */
const floods = ["40", "40/nowhere,", "3"];
/** Of a peer that is not in, Socket.IO ends the connection at the first. */
const largeReceipt = `42/chat,["receipt",{"room":"lobby","more":"${"x".repeat(requestBytes)}"}]`;

interface Rig {
  readonly weir: WeirProcess;
  readonly established: Established;
}

/** Floods until the connection is ended. Resolves with the time that it lived, ms. */
async function flood(peer: HostilePeer, packet: string): Promise<number> {
  const packets = Array.from(
    { length: Math.min(packetsAtOnce, Math.ceil(requestBytes / packet.length)) },
    () => packet,
  );
  // Small packets are too many long before their bytes are.
  const requests = packets.length > 1 ? 1 : Math.ceil(floodBytes / requestBytes);
  const startedAt = performance.now();
  await Promise.all([...Array.from({ length: requests }, () => peer.send(packets)), peer.ended()]);
  return performance.now() - startedAt;
}

async function cutOff({ weir }: Rig): Promise<number> {
  return (await weir.metric('weir_connections_cut_total{reason="flooded"}')) ?? 0;
}

/** A neighbour's round trip while `flooding` runs and a while after, against the calm before it. */
async function expectCalm({ established }: Rig, flooding: () => Promise<void>): Promise<void> {
  await established.trips();
  await lasting(periodMs);
  const calm = quantile(await established.trips(), 0.99);
  await Promise.all([flooding(), lasting(periodMs)]);
  const beside = quantile(await established.trips(), 0.99);
  process.stdout.write(`  p99 of a neighbour: ${calm.toFixed(1)} ms calm, ${beside.toFixed(1)} ms beside the flood\n`);
  expect(beside, byPace("hostile neighbours")).toBeLessThan(Math.max(floorMs, allowedRatio * calm));
}

async function withRig(weir: WeirProcess, body: (rig: Rig) => Promise<void>): Promise<void> {
  const ping = { path: "/rt", event: "room:leave", payload: { room: "r" } };
  const token = signTestToken(testSecret, { sub: "neighbour" });
  await using established = await Established.start({ url: `${weir.url}/chat`, token, ...ping });
  await body({ weir, established });
  weir.check();
}

async function allInOne(body: (rig: Rig) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), "weir-hostile-"));
  try {
    await using weir = await WeirProcess.start({ role: "all-in-one", env: { ...env, WEIR_DATA_DIR: dataDir } });
    await withRig(weir, body);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function twoWorkers(body: (rig: Rig) => Promise<void>): Promise<void> {
  const [mongo, redis] = await Promise.all([startMongoServer(), startRedisServer()]);
  const stores = { WEIR_REDIS_URL: redis.url, WEIR_MONGODB_URL: mongo.url(`hostile-${randomInt(1_000_000)}`) };
  try {
    await using weir = await WeirProcess.start({ role: "gateway", env: { ...env, ...stores, WEIR_WORKERS: "2" } });
    await withRig(weir, body);
  } finally {
    await Promise.all([mongo.stop(), redis.close()]);
  }
}

describe.each([
  { name: "all-in-one", run: allInOne, over: ["websocket", "polling"] },
  // Peers of one process share connections, and the requests of one connection all come to one worker.
  { name: "a gateway with two workers", run: twoWorkers, over: ["websocket"] },
] as const)("$name", ({ run, over }) => {
  const cases = over.flatMap((transport) => places.map((place) => ({ transport, place })));
  test.each(cases)(
    "a neighbour notices nothing of peers $place that flood over $transport; each is counted and closed within two seconds",
    onPaceOnly,
    ({ transport, place }) =>
      run(async (rig) => {
        for (const packet of place === "inside" ? [...floods, largeReceipt] : floods) {
          const before = await cutOff(rig);
          const token = signTestToken(testSecret, { sub: `mallory-${randomInt(1_000_000)}` });
          const how = place === "inside" ? { transport, token } : { transport };
          const open = Array.from({ length: peers }, () => hostilePeer({ url: rig.weir.url }, how));
          const hostile = await Promise.all(open);
          await expectCalm(rig, async () => {
            const lived = await Promise.all(hostile.map((peer) => flood(peer, packet)));
            expect(Math.max(...lived), byPace("hostile neighbours")).toBeLessThan(closedWithinMs);
          });
          await until(async () => (await cutOff(rig)) - before === peers, { within: 5_000, every: 100 });
        }
      }),
  );
});
