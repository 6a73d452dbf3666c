import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { holds } from "../harness/held-run.ts";
import { type MongoServer, startMongoServer } from "../harness/mongo-server.ts";
import { mountSmallDisk } from "../harness/small-disk.ts";
import { lasting, seeds } from "../harness/soak.ts";
import { until } from "../harness/until.ts";

let mongo: MongoServer;
beforeAll(async () => {
  mongo = await startMongoServer();
});
afterAll(() => mongo.stop());

/** Shorter than the deadline of a send. */
const outageMs = 8_000;

describe.each(seeds())("with seed %i, no acknowledged message is lost, doubled or out of place when", (seed) => {
  test("Redis is killed and starts again with its data (appendfsync always)", () =>
    holds({
      mongo,
      seed,
      redis: { sync: "always" },
      fault: async ({ deployment, random }) => {
        const downMs = 500 + random() * 3_000;
        await deployment.redis.kill();
        await lasting(downMs);
        await deployment.redis.restart();
        return downMs;
      },
    }));

  test("Redis answers late (appendfsync everysec)", () =>
    holds({
      mongo,
      seed,
      fault: async ({ deployment: { gateways, flusherLinks } }) => {
        const links = [flusherLinks.redis, ...gateways.map(({ redisLink }) => redisLink)];
        for (const link of links) link.delay(150);
        await lasting(outageMs);
        for (const link of links) link.delay(0);
        return outageMs;
      },
    }));

  test("Redis stands still under load and goes on (appendfsync everysec)", () =>
    holds({
      mongo,
      seed,
      fault: async ({ deployment }) => {
        deployment.redis.pause();
        await lasting(outageMs);
        deployment.redis.resume();
        return outageMs;
      },
    }));

  test("Redis is at maxmemory until flushers have drained it (appendfsync everysec)", () =>
    holds({
      mongo,
      seed,
      fault: async ({ deployment }) => {
        const refusals = async (): Promise<boolean> =>
          /errorstat_OOM:/.test(await deployment.redis.ask("INFO errorstats"));
        await deployment.redis.ask("CONFIG SET maxmemory 1");
        await until(refusals, { within: 30_000, every: 50 });
        await deployment.stored();
        await deployment.redis.ask("CONFIG SET maxmemory 0");
        return outageMs;
      },
    }));

  test("the disk of Redis is full and has space again (appendfsync everysec)", async () => {
    await using disk = mountSmallDisk(64);
    await holds({
      mongo,
      seed,
      redis: { dir: disk.dir },
      fault: async ({ deployment }) => {
        await disk.fill();
        const refused = async (): Promise<boolean> =>
          (await deployment.redis.ask("SET probe 1")).startsWith("-MISCONF");
        await until(refused, { within: 60_000, every: 200 });
        await lasting(2_000);
        await disk.empty();
        await until(async () => !(await refused()), { within: 30_000, every: 200 });
        expect(await deployment.redis.ask("DEL probe")).toMatch(/^:/);
        return outageMs;
      },
    });
  });

  test.each(["requests", "answers"] as const)("only the %s between a gateway and Redis are held back", (what) =>
    holds({
      mongo,
      seed,
      fault: async ({ deployment: { gateways } }) => {
        const [link] = gateways.map(({ redisLink }) => redisLink);
        link?.silence(what);
        await lasting(12_000);
        link?.heal();
        return 12_000;
      },
    }),
  );

  test.each(["requests", "answers"] as const)("only the %s between the flushers and Redis are held back", (what) =>
    holds({
      mongo,
      seed,
      fault: async ({ deployment: { flusherLinks } }) => {
        flusherLinks.redis.silence(what);
        await lasting(12_000);
        flusherLinks.redis.heal();
        return 12_000;
      },
    }),
  );
});

test("a Redis that is killed loses what it had not synced, at the tier fast alone (appendfsync everysec)", () =>
  holds({
    mongo,
    seed: 1,
    losable: new Set(["fast"] as const),
    fault: async ({ deployment }) => {
      await deployment.redis.kill();
      await deployment.redis.restart();
      return 1_000;
    },
  }));
