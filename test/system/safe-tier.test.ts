import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { createTokenVerifier } from "../../src/adapters/jose/token-verifier.ts";
import type { RedisLog } from "../../src/adapters/redis/create-redis-log.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import type { LogReader } from "../../src/write-behind/index.ts";
import { checkRun } from "../harness/checker.ts";
import { type Op, type Recorded, recordedOf } from "../harness/checker-journal.ts";
import { testSecret } from "../harness/deployment.ts";
import { type FaultProxy, startFaultProxy } from "../harness/fault-proxy.ts";
import { type GatewayFixture, startGateway } from "../harness/gateway-fixture.ts";
import { ChatLoad } from "../harness/load.ts";
import { everyoneAtTheEnd } from "../harness/load-end.ts";
import { testRedisLog, wholeLog } from "../harness/redis-log.ts";
import { type RedisServer, startRedisServer } from "../harness/redis-server.ts";
import { sized } from "../harness/size.ts";
import { lasting } from "../harness/soak.ts";
import { until } from "../harness/until.ts";

const rooms = ["team:1", "team:2", "team:3", "team:4"] as const;
/** For each step of a run. */
const sends = sized(300, 5_000);
const ratePerSecond = 200;
/** Long enough for both gateways to say how far they saw the rooms. */
const graceMs = 500;

test("a primary that is killed while its replica is stalled takes acknowledged messages with it at the tier fast", async () => {
  const { lost, violations } = await failOver("fast");
  expect(lost).toBeGreaterThan(sends);
  expect(violations.some(({ detail }) => detail.endsWith("is not in history"))).toBe(true);
});

test("at the tier safe it takes none, and nothing is doubled or out of place", async () => {
  const { lost, violations } = await failOver("safe");
  expect({ lost, violations }).toEqual({ lost: 0, violations: [] });
});

interface Outcome {
  /** Messages that were acknowledged and are gone. */
  readonly lost: number;
  readonly violations: ReturnType<typeof checkRun>;
}

/**
 * Two gateways and no database, so that what Redis loses is lost. Cuts the replica's link in silence, waits for twice as many sends, kills the
 * primary, promotes the replica, gives it a replica of its own, and lets the clients of Redis find it where the primary was.
 */
async function failOver(durability: "fast" | "safe"): Promise<Outcome> {
  await using primary = await startRedisServer({ appendOnly: true });
  await using replicaLink = await startFaultProxy(primary.port);
  await using replica = await startRedisServer({ appendOnly: true, replicaOf: replicaLink.port });
  await using link = await startFaultProxy(primary.port);
  const prefix = `safe-${randomUUID()}:`;
  await using one = await startReplicated({ link, prefix, durability });
  await using two = await startReplicated({ link, prefix, durability });
  const clients = [one, two, one, two].map(({ fixture }, i) => ({ id: `user-${i}`, url: fixture.url, rooms }));
  using load = new ChatLoad({ seed: 1, secret: testSecret, clients, ratePerSecond });
  await load.join();

  load.begin();
  await load.reach(sends);
  replicaLink.silence();
  const begun = invoked(load.ops);
  await until(() => invoked(load.ops) >= begun + 2 * sends, { within: 60_000 });
  await using second = await replace({ primary, replicaLink, replica, link });
  await load.reach(load.acked + sends);
  await load.finish();
  const history = await read(one.log.log);
  await everyoneAtTheEnd(load, history);
  expect(await second.ask("INFO replication")).toContain("role:slave");

  const there = new Set([...history.values()].flat().map(({ id }) => id));
  const acked = [...new Set(load.ops.flatMap((op) => (op.op === "ok" ? [op.id] : [])))];
  return { lost: acked.filter((id) => !there.has(id)).length, violations: checkRun({ ops: load.ops, history }) };
}

interface Place {
  readonly primary: RedisServer;
  readonly replicaLink: FaultProxy;
  readonly replica: RedisServer;
  readonly link: FaultProxy;
}

/** Returns the replica of what was the replica. */
async function replace({ primary, replicaLink, replica, link }: Place): Promise<RedisServer> {
  await primary.kill();
  replicaLink.cut();
  await lasting(500);
  await replica.promote();
  const second = await startRedisServer({ appendOnly: true, replicaOf: replica.port });
  link.retarget(replica.port);
  return second;
}

interface Replicated extends AsyncDisposable {
  readonly fixture: GatewayFixture;
  readonly log: RedisLog;
}

interface ReplicatedOptions {
  readonly link: FaultProxy;
  readonly prefix: string;
  readonly durability: "fast" | "safe";
}

async function startReplicated({ link, prefix, durability }: ReplicatedOptions): Promise<Replicated> {
  const log = testRedisLog({ url: `redis://127.0.0.1:${link.port}`, prefix, graceMs, safe: "required" });
  await log.start();
  const whole = wholeLog(log);
  const fixture = await startGateway({
    verifier: createTokenVerifier({
      keys: { secrets: [testSecret] },
      defaultGrants: [{ room: "**", can: ["read", "write"] }],
      clock: systemClock,
    }),
    gateway: { log: whole, feed: whole, durability },
  });
  return {
    fixture,
    log,
    [Symbol.asyncDispose]: async () => {
      await fixture[Symbol.asyncDispose]();
      await log.stop();
    },
  };
}

function invoked(ops: readonly Op[]): number {
  return ops.filter(({ op }) => op === "invoke").length;
}

async function read(log: LogReader): Promise<Map<string, Recorded[]>> {
  const history = new Map<string, Recorded[]>();
  for (const room of rooms) {
    const entries = await log.range(room, { after: 0, limit: 1_000_000 });
    history.set(room, entries.map(recordedOf));
  }
  return history;
}
