import { afterAll, describe, expect, test } from "vitest";
import type { RedisLog, RedisLogOptions } from "../../src/adapters/redis/create-redis-log.ts";
import { ChatError } from "../../src/protocol/errors.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { testRedisLog } from "../harness/redis-log.ts";
import { type RedisServer, startRedisServer } from "../harness/redis-server.ts";
import { until } from "../harness/until.ts";
import { message } from "./message-log-fixtures.ts";

const open: AsyncDisposable[] = [];
// Tests run side by side, so what they opened ends with the last of them.
afterAll(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

interface Trio {
  readonly primary: RedisServer;
  readonly first: RedisServer;
  readonly second: RedisServer;
}

async function server(replicaOf?: number): Promise<RedisServer> {
  const started = await startRedisServer({ appendOnly: true, ...(replicaOf === undefined ? {} : { replicaOf }) });
  open.push(started);
  return started;
}

async function trio(): Promise<Trio> {
  const primary = await server();
  return { primary, first: await server(primary.port), second: await server(primary.port) };
}

async function gateway(redis: RedisServer, options: Partial<RedisLogOptions> = {}): Promise<RedisLog> {
  const log = testRedisLog({ url: redis.url, prefix: "weir:", safe: "required", commandTimeoutMs: 1_000, ...options });
  open.push({ [Symbol.asyncDispose]: () => log.stop() });
  await log.start();
  return log;
}

function refused(sent: Promise<unknown>): Promise<boolean> {
  return sent.then(
    () => false,
    (error: unknown) => error instanceof ChatError && error.code === "UNAVAILABLE",
  );
}

describe("the tier safe on a primary with two replicas", () => {
  test.concurrent("acknowledges nothing while one of them is stalled and could be promoted, and goes on once it is held for failed", async () => {
    const { primary, first } = await trio();
    const log = await gateway(primary, { replicaTimeoutMs: 4_000 });
    const before = await until(() => log.log.append(message("r", "before"), "safe"));
    expect(before).toMatchObject({ durability: "safe" });
    first.pause();
    try {
      for (let i = 0; i < 3; i++) expect(await refused(log.log.append(message("r", "once"), "safe"))).toBe(true);
      const answer = await until(() => log.log.append(message("r", "once"), "safe"), { within: 20_000 });
      expect(answer).toMatchObject({ seq: 2, duplicate: true, durability: "safe" });
    } finally {
      first.resume();
    }
  });

  test.concurrent("ends a wait for a stalled replica before the time of a command, so that the connection stays", async () => {
    const { primary, first } = await trio();
    const log = await gateway(primary);
    await until(() => log.log.append(message("r", "before"), "safe"));
    const waiting = async (): Promise<string> =>
      (await primary.ask("CLIENT LIST")).split("\n").find((line) => line.includes("name=weir-replicaWaits")) ?? "";
    const idOf = (line: string): string => /id=(\d+)/.exec(line)?.[1] ?? "none";
    const before = idOf(await waiting());
    first.pause();
    try {
      const error: unknown = await log.log.append(message("r", "m"), "safe").catch((reason: unknown) => reason);
      expect(error).toMatchObject({ cause: { message: "a replica lacks it, or there is none" } });
    } finally {
      first.resume();
    }
    expect(idOf(await waiting())).toBe(before);
  });

  test.concurrent("acknowledges nothing on the old primary that the promoted replica lacks", async () => {
    const { primary, first, second } = await trio();
    const log = await gateway(primary);
    const acked: string[] = [];
    let sent = 0;
    const send = async (): Promise<void> => {
      const id = `m${++sent}`;
      await log.log.append(message("r", id), "safe").then(
        () => acked.push(id),
        () => {},
      );
    };
    // The gateway begins while its replicas have just joined.
    await until(() => send().then(() => acked.length >= 20));
    // As `SENTINEL FAILOVER` does it: the other replica and the old primary follow seconds later.
    await first.promote();
    const promotedAt = sent;
    await until(() => send().then(() => sent >= promotedAt + 20));
    await second.ask(`REPLICAOF 127.0.0.1 ${first.port}`);
    await primary.ask(`REPLICAOF 127.0.0.1 ${first.port}`);

    const after = await gateway(first, { safe: "no" });
    const there = new Set((await after.log.range("r", { after: 0, limit: 1_000 })).map(({ id }) => id));
    expect(acked.filter((id) => !there.has(id))).toEqual([]);
  });

  test.concurrent("counts a replica that joins while it runs, and says how many it waits for", async () => {
    const primary = await server();
    await server(primary.port);
    const metrics = createMetrics({ processMetrics: false });
    const log = await gateway(primary, { metrics });
    await until(() => log.log.append(message("r", "before"), "safe"));
    const third = await server(primary.port);
    await until(async () => (await metrics.scrape()).text.includes("weir_safe_replicas 2"));
    third.pause();
    try {
      expect(await refused(log.log.append(message("r", "m"), "safe"))).toBe(true);
    } finally {
      third.resume();
    }
  });
});
