import { Server } from "socket.io";
import { expect, test } from "vitest";
import { createClusterAdapter } from "../../../src/adapters/socketio/cluster-adapter.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { silentLogger } from "../../../src/telemetry/logger.ts";

/** A Redis that is away until it is told otherwise. */
function setUp() {
  const clock = new ManualClock();
  const redis = { away: true, tries: 0 };
  const subscribed = new Set<string>();
  const answer = (done: () => void): Promise<unknown> => {
    if (redis.away) return Promise.reject(new Error("away"));
    done();
    return Promise.resolve(1);
  };
  const subscriber = {
    ssubscribe: (channel: string) => {
      redis.tries += 1;
      return answer(() => subscribed.add(channel));
    },
    sunsubscribe: (channel: string) => answer(() => subscribed.delete(channel)),
    on: () => {},
  };
  const publisher = { spublish: () => answer(() => {}) };
  const cluster = { publisher, subscriber, channelPrefix: "weir" };
  const io = new Server({ adapter: createClusterAdapter(cluster, clock, silentLogger) });
  return { clock, redis, subscribed, namespace: io.of("/chat") };
}

test("rooms that appear while Redis is away are subscribed when it is back, and those that went are not", async () => {
  const { clock, redis, subscribed, namespace } = setUp();
  for (const room of ["r:stays", "r:goes"]) void namespace.adapter.addAll("socket", new Set([room]));
  await clock.advance(2_500);
  expect(redis.tries).toBeGreaterThan(4);
  void namespace.adapter.del("socket", "r:goes");
  redis.away = false;
  await clock.advance(1_000);
  expect(subscribed).toContain("weir#/chat#r:stays#");
  expect(subscribed).not.toContain("weir#/chat#r:goes#");
});

test("an event that can't be published is no fault", async () => {
  const { clock, namespace } = setUp();
  namespace.to("r:room").emit("typing", { on: true });
  await clock.advance(0);
});
