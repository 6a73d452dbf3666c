import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ReplicaBarrier, type ServerLife } from "../../src/adapters/redis/replica-barrier.ts";
import { parseInfo } from "../../src/adapters/redis/server-info.ts";
import { whyNotSafe } from "../../src/adapters/redis/why-not-safe.ts";
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
  replid: string;
  replicas: number;
  waits: number;
}

function life(runId: string, replid: string): ServerLife {
  return { runId, replid };
}

/** A server of one run, in which a set number of replicas has everything. */
function barrierOver(server: Server): ReplicaBarrier {
  const confirm = (): Promise<string | undefined> => {
    server.waits++;
    return Promise.resolve(server.replicas > 0 ? server.replid : undefined);
  };
  const metrics = createMetrics({ processMetrics: false });
  return new ReplicaBarrier({ connection: server, confirm, clock: systemClock, metrics });
}

describe("the wait for a replica", () => {
  test("says nothing of what was done in another run of the server", async () => {
    const server = { runId: "new", replid: "a", replicas: 1, waits: 0 };
    const barrier = barrierOver(server);
    const lives = [life("old", "a"), life("new", "a")];
    const [old, fresh] = await Promise.allSettled(lives.map((one) => barrier.pass(one)));
    expect(old).toMatchObject({ status: "rejected", reason: { code: "UNAVAILABLE" } });
    expect(fresh).toMatchObject({ status: "fulfilled" });
    expect(server.waits).toBe(1);
  });

  test("says nothing of what was done before the server was a replica for a while", async () => {
    const server = { runId: "one", replid: "b", replicas: 1, waits: 0 };
    const barrier = barrierOver(server);
    const lives = [life("one", "a"), life("one", "b")];
    const [before, after] = await Promise.allSettled(lives.map((one) => barrier.pass(one)));
    expect(before).toMatchObject({ status: "rejected", reason: { code: "UNAVAILABLE" } });
    expect(after).toMatchObject({ status: "fulfilled" });
  });

  test("that no replica answers fails for all who share it, and the next begins anew", async () => {
    const server = { runId: "one", replid: "a", replicas: 0, waits: 0 };
    const barrier = barrierOver(server);
    const failed = await Promise.allSettled([barrier.pass(life("one", "a")), barrier.pass(life("one", "a"))]);
    for (const one of failed) expect(one).toMatchObject({ reason: { code: "UNAVAILABLE" } });
    server.replicas = 1;
    await barrier.pass(life("one", "a"));
    expect(server.waits).toBe(2);
  });

  test("is one at a time, and stands for those who came before it began and for nobody else", async () => {
    const step = fc.oneof(fc.constant("pass" as const), fc.integer({ min: 0, max: 1 }));
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), shareWaits), { numRuns: 50 });
  });
});

interface Wait {
  readonly beganAt: number;
  readonly end: (confirmed: boolean) => void;
}

/** Lets someone pass at each `pass`, and ends the wait that is under way at each number, with so many replicas. */
async function shareWaits(steps: readonly ("pass" | number)[]): Promise<void> {
  const waits: Wait[] = [];
  const ended: number[] = [];
  let now = 0;
  const confirm = (): Promise<string | undefined> =>
    new Promise((resolve) => {
      expect(waits.length).toBe(ended.length);
      waits.push({ beganAt: now, end: (confirmed) => resolve(confirmed ? "a" : undefined) });
    });
  const endWait = (replicas: number): void => {
    if (ended.length === waits.length) return;
    waits[ended.length]?.end(replicas > 0);
    ended.push(replicas);
  };
  const metrics = createMetrics({ processMetrics: false });
  const connection = { runId: "one" };
  const barrier = new ReplicaBarrier({ connection, confirm, clock: systemClock, metrics });
  const passes: { readonly at: number; readonly passed: Promise<boolean> }[] = [];
  for (const action of [...steps, 1, 1, 1]) {
    now += 1;
    if (action === "pass") passes.push({ at: now, passed: hasPassed(barrier.pass(life("one", "a"))) });
    else endWait(action);
    await nextTurn();
    await nextTurn();
  }
  for (const { at, passed } of passes) {
    const first = waits.findIndex(({ beganAt }) => beganAt >= at);
    expect(await passed).toBe(ended[first] === 1);
  }
}

function hasPassed(pass: Promise<void>): Promise<boolean> {
  return pass.then(
    () => true,
    () => false,
  );
}
