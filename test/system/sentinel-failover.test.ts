import { expect, test } from "vitest";
import type { RedisLog } from "../../src/adapters/redis/create-redis-log.ts";
import { type FaultProxy, startFaultProxy } from "../harness/fault-proxy.ts";
import { testRedisLog } from "../harness/redis-log.ts";
import { type RedisServer, startRedisServer } from "../harness/redis-server.ts";
import { type Sentinels, startSentinels } from "../harness/sentinels.ts";
import { until } from "../harness/until.ts";

const senders = 8;
const room = "r";

interface World {
  readonly primary: RedisServer;
  readonly replicas: readonly RedisServer[];
  readonly sentinels: Sentinels;
  /** Where the gateway finds Redis. */
  readonly link: FaultProxy;
}

test.concurrent("a Sentinel failover of a living primary takes nothing with it that was acknowledged at safe", async () => {
  await failOver(async ({ primary, sentinels }) => {
    await sentinels.failOver();
    // Until Sentinel demotes it, the gateway goes on with the old primary, to which the second replica is still attached.
    await until(async () => (await primary.ask("INFO replication")).includes("role:slave"), {
      within: 60_000,
      every: 50,
    });
  });
});

test.concurrent("the death of a primary takes nothing with it that was acknowledged at safe", async () => {
  await failOver(async ({ primary, sentinels }) => {
    await primary.kill();
    await until(async () => (await sentinels.primaryPort()) !== primary.port, { within: 60_000, every: 50 });
  });
});

/** Sends at `safe` before, during and after; then everything acknowledged has to be in the log of the new primary, once. */
async function failOver(fault: (world: World) => Promise<void>): Promise<void> {
  await using primary = await startRedisServer({ appendOnly: true });
  await using first = await startRedisServer({ appendOnly: true, replicaOf: primary.port });
  await using second = await startRedisServer({ appendOnly: true, replicaOf: primary.port });
  await using sentinels = await startSentinels(primary.port, 2);
  await using link = await startFaultProxy(primary.port);
  const log = testRedisLog({ url: `redis://127.0.0.1:${link.port}`, prefix: "weir:", safe: "required", graceMs: 500 });
  await log.start();
  try {
    const load = new SafeLoad(log);
    const running = load.run();
    await until(() => load.acked.length >= 200, { within: 30_000 });
    await fault({ primary, replicas: [first, second], sentinels, link });
    const port = await until(async () => {
      const told = await sentinels.primaryPort();
      return told === primary.port ? undefined : told;
    });
    link.retarget(port);
    const before = load.acked.length;
    // The replica that was not promoted follows within a moment; the old primary may.
    await until(() => load.acked.length >= before + 200, { within: 90_000 });
    load.stop();
    await running;
    const entries = await until(() => log.log.range(room, { after: 0, limit: 100_000 }));
    const ids = entries.map(({ id }) => id);
    expect(load.acked.filter((id) => !ids.includes(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  } finally {
    await log.stop();
  }
}

/** Sends one message after the other, each again with its id until it is acknowledged. */
class SafeLoad {
  readonly acked: string[] = [];
  readonly #log: RedisLog;
  readonly #over = new AbortController();
  #sent = 0;

  constructor(log: RedisLog) {
    this.#log = log;
  }

  async run(): Promise<void> {
    await Promise.all(Array.from({ length: senders }, (_, i) => this.#send(`user-${i}`)));
  }

  stop(): void {
    this.#over.abort();
  }

  async #send(user: string): Promise<void> {
    while (!this.#over.signal.aborted) {
      const id = `m${++this.#sent}`;
      await until(() => this.#over.signal.aborted || this.#try(user, id), { within: 120_000, every: 20 });
    }
  }

  async #try(user: string, id: string): Promise<boolean> {
    const entry = { kind: "message", room, id, from: { id: user }, text: id } as const;
    const { durability } = await this.#log.log.append(entry, "safe");
    expect(durability).toBe("safe");
    this.acked.push(id);
    return true;
  }
}
