import { describe, expect, test } from "vitest";
import { ReplicaBarrier } from "../../src/adapters/redis/replica-barrier.ts";
import { parseInfo, whyNotSafe } from "../../src/adapters/redis/why-not-safe.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";

const fit = {
  role: "master",
  slave0: "ip=10.0.0.2,port=6379,state=online,offset=1,lag=0",
  aof_enabled: "1",
  maxmemory_policy: "noeviction",
};

function judged(changes: Readonly<Record<string, string | undefined>>): string | undefined {
  const lines = Object.entries({ ...fit, ...changes }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}:${value}`],
  );
  return whyNotSafe(parseInfo(["# Heading", ...lines, ""].join("\r\n")));
}

describe("whether safe is possible on a Redis", () => {
  test("it is with a replica online, an append-only file and no eviction", () => {
    expect(judged({})).toBeUndefined();
    expect(judged({ slave0: "state=wait_bgsave", slave1: "state=online" })).toBeUndefined();
  });

  test.each([
    [{ slave0: undefined }, /^no replica of it is online: start one/],
    [{ slave0: "ip=10.0.0.2,port=6379,state=wait_bgsave,offset=0,lag=0" }, /^no replica of it is online/],
    [{ role: "slave", slave0: undefined }, /point WEIR_REDIS_URL at the primary/],
    [{ aof_enabled: "0" }, /^it writes no append-only file: set `appendonly yes`$/],
    [{ aof_enabled: undefined }, /does not say whether it writes/],
    [{ maxmemory_policy: "volatile-lru" }, /^it evicts \(volatile-lru\): set `maxmemory-policy noeviction`$/],
    [{ maxmemory_policy: undefined }, /does not say whether it evicts/],
    [{ aof_enabled: "0", maxmemory_policy: "allkeys-lru" }, /append-only file.*; it evicts/],
  ])("with %o it is not, and one line says what to change", (changes, line) => {
    expect(judged(changes)).toMatch(line);
    expect(judged(changes)).not.toContain("\n");
  });
});

interface Server {
  runId: string;
  replicas: number;
  waits: number;
}

/** A server of one run, in which a set number of replicas has everything. */
function barrierOver(server: Server): ReplicaBarrier {
  const writeAndWait = (): Promise<number> => {
    server.waits++;
    return Promise.resolve(server.replicas);
  };
  const metrics = createMetrics({ processMetrics: false });
  return new ReplicaBarrier({ connection: server, writeAndWait, clock: systemClock, metrics });
}

describe("the wait for a replica", () => {
  test("says nothing of what was done in another run of the server", async () => {
    const server = { runId: "new", replicas: 1, waits: 0 };
    const barrier = barrierOver(server);
    const [old, fresh] = await Promise.allSettled([barrier.pass("old"), barrier.pass("new")]);
    expect(old).toMatchObject({ status: "rejected", reason: { code: "UNAVAILABLE" } });
    expect(fresh).toMatchObject({ status: "fulfilled" });
    expect(server.waits).toBe(1);
  });

  test("that no replica answers fails for all who share it, and the next begins anew", async () => {
    const server = { runId: "one", replicas: 0, waits: 0 };
    const barrier = barrierOver(server);
    const failed = await Promise.allSettled([barrier.pass("one"), barrier.pass("one")]);
    for (const one of failed) expect(one).toMatchObject({ reason: { code: "UNAVAILABLE" } });
    server.replicas = 1;
    await barrier.pass("one");
    expect(server.waits).toBe(2);
  });
});
