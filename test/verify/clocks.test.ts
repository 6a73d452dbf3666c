import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, test } from "vitest";
import { holds } from "../harness/held-run.ts";
import { createJumpingClock } from "../harness/jumping-clock.ts";
import { type MongoServer, startMongoServer } from "../harness/mongo-server.ts";
import { lasting, seeds } from "../harness/soak.ts";

let mongo: MongoServer;
let folder: string;
beforeAll(async () => {
  mongo = await startMongoServer();
  folder = await mkdtemp(join(tmpdir(), "weir-clocks-"));
});
afterAll(async () => {
  await mongo.stop();
  await rm(folder, { recursive: true, force: true });
});

const hourMs = 3_600_000;
/** Longer than client ids are remembered. */
const overTheHorizonMs = 15 * 60_000;
const outageMs = 3_000;

const jumps = [
  ["an hour back", -hourMs],
  ["15 minutes forward", overTheHorizonMs],
] as const;

describe.each(seeds())(
  "with seed %i and appendfsync everysec, nothing acknowledged is lost or doubled when",
  (seed) => {
    test.each(jumps)("the clock of Redis jumps %s, and Redis starts again", (_how, ms) =>
      holds({
        mongo,
        seed,
        redis: { jumpingClock: true },
        fault: async ({ deployment: { redis } }) => {
          redis.jump(ms);
          await lasting(outageMs);
          await redis.restart();
          return outageMs;
        },
      }),
    );

    test.each(jumps)("the clocks of gateways and flushers jump %s", async (_how, ms) => {
      const clock = await createJumpingClock(await mkdtemp(join(folder, "clock-")));
      await holds({
        mongo,
        seed,
        env: clock.env,
        fault: async () => {
          clock.jump(ms);
          await lasting(outageMs);
          return outageMs;
        },
      });
    });
  },
);
