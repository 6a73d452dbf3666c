import { afterAll, beforeAll, test } from "vitest";
import { hurriedRules } from "../harness/hurried-rules.ts";
import type { ChatLoad } from "../harness/load.ts";
import { until } from "../harness/until.ts";
import { rulesText } from "../harness/watched.ts";
import { type WatchedLoad, WatchedSystem } from "../harness/watched-system.ts";

/*
 * Faults made for real, and the alerts that speak of them in a real Prometheus. Its rules are ours with windows that are thirty times as
 * short or shorter; thresholds are as they are.
 */

const resources = new AsyncDisposableStack();
let system: WatchedSystem;

beforeAll(async () => {
  system = resources.use(await WatchedSystem.start({ rules: rulesText().map(hurriedRules) }));
});

afterAll(() => resources.disposeAsync());

async function firing(): Promise<Set<string>> {
  const alerts = await system.prometheus.query('ALERTS{alertstate="firing"}');
  return new Set(alerts.map(({ labels }) => String(labels["alertname"])));
}

/** Resolves when all of these fire; says which do where they don't. */
async function fires(...names: readonly string[]): Promise<void> {
  let seen = new Set<string>();
  await until(
    async () => {
      seen = await firing();
      return names.every((name) => seen.has(name));
    },
    { within: 90_000, every: 250 },
  ).catch((cause: unknown) => {
    throw new Error(`expected ${names.join(", ")}; firing: ${[...seen].join(", ")}`, { cause });
  });
}

async function silent(...names: readonly string[]): Promise<void> {
  await until(async () => [...(await firing())].every((name) => !names.includes(name)), { within: 90_000, every: 250 });
}

async function loaded(options: WatchedLoad): Promise<ChatLoad> {
  const load = system.load(options);
  await load.join();
  load.begin();
  return load;
}

test("clients that all poll: the share that polls is too high", async () => {
  await silent("WeirPollingShareHigh");
  using load = await loaded({ clients: 24, polling: 24, ratePerSecond: 20 });
  await fires("WeirPollingShareHigh");
  await load.reach(20);
});

test("clients that are all on one of two gateways: one has far more than the others", async () => {
  await silent("WeirPollingShareHigh");
  await silent("WeirImbalance");
  using load = await loaded({ clients: 60, polling: 0, ratePerSecond: 20, onFirst: true });
  await fires("WeirImbalance");
  await load.reach(20);
});

test("a subscription that is cut again and again: the feed is interrupted", async () => {
  await silent("WeirFeedInterrupted");
  using load = await loaded({ clients: 8, polling: 0, ratePerSecond: 50 });
  const cut = setInterval(() => void system.redis.ask("CLIENT KILL TYPE pubsub").catch(() => {}), 2_000);
  try {
    await fires("WeirFeedInterrupted");
  } finally {
    clearInterval(cut);
  }
  await load.reach(load.acked + 100);
});

test("flushers that stand still: nobody leads, and nothing is stored", async () => {
  await silent("WeirNoLeader");
  using load = await loaded({ clients: 8, polling: 0, ratePerSecond: 50 });
  for (const flusher of system.flushers) flusher.pause();
  try {
    await fires("WeirNoLeader", "WeirTargetLost", "WeirStorageBudgetBurning");
  } finally {
    for (const flusher of system.flushers) flusher.resume();
  }
  await silent("WeirNoLeader", "WeirTargetLost");
  await load.reach(load.acked + 20);
});

test("a database that takes seconds to answer: the store is slow, and the objective is missed", async () => {
  await silent("WeirStoreSlow");
  using load = await loaded({ clients: 8, polling: 0, ratePerSecond: 50 });
  system.mongoLink.delay(4_000);
  try {
    await fires("WeirStoreSlow", "WeirStorageBudgetBurning");
  } finally {
    system.mongoLink.delay(0);
  }
  await silent("WeirStoreSlow");
  await load.reach(load.acked + 20);
});

test("a Redis that is full: it says so, and sends are refused", async () => {
  await silent("WeirRedisMemoryHigh");
  using load = await loaded({ clients: 8, polling: 0, ratePerSecond: 50 });
  await system.redis.ask("CONFIG SET maxmemory 1mb");
  try {
    await fires("WeirRedisMemoryHigh", "WeirSendsFail");
  } finally {
    await system.redis.ask("CONFIG SET maxmemory 1gb");
  }
  await silent("WeirRedisMemoryHigh", "WeirSendsFail");
  await load.reach(load.acked + 20);
});
