import { setTimeout as wait } from "node:timers/promises";
import { testRedisLog } from "../test/harness/redis-log.ts";
import { measuredPartitions } from "./costs.ts";
import type { FleetCost, Point } from "./measurement.ts";
import { read } from "./meter.ts";
import { type Plan, report } from "./runs.ts";
import { summarize } from "./step.ts";
import { type World, watch } from "./world.ts";

const rooms = 100;

/** Messages into the log without a gateway, so that Redis and the flusher have more of them than one gateway takes. */
export async function measureIngest(world: World, size: string, plan: Plan): Promise<Point[]> {
  const log = testRedisLog({ url: world.redisUrl, prefix: "weir:", partitions: measuredPartitions });
  await log.start();
  const watched = watch(world, 0);
  const points: Point[] = [];
  let n = 0;
  const append = (): Promise<unknown> => {
    n += 1;
    const entry = { kind: "message", room: `ingest:${n % rooms}`, id: `i${n}`, from: { id: "ingest" } } as const;
    return log.log.append({ ...entry, text: "x".repeat(100) });
  };
  const steps = [
    { use: "held-out", run: () => paced(2_000 * plan.stepSeconds, 2_000, append) },
    { use: "fit", run: () => paced(4_000 * plan.stepSeconds, 4_000, append) },
    { use: "fit", run: () => hurried(plan.stepSeconds, append) },
  ];
  for (const { use, run } of steps) {
    const [before, from] = [await read(watched), n];
    await run();
    const [after, sent] = [await read(watched), n - from];
    const load = { pods: 0, idlePods: world.gateways.length, connections: 0, rooms, membersEach: 0 };
    const point = summarize({ size, use, shape: "into the log alone", load, before, after, sent, got: 0, delays: [] });
    report(point);
    points.push(point);
  }
  await log.stop();
  return points;
}

/** By the clock; resolves when all are answered. */
async function paced(count: number, perSecond: number, send: () => Promise<unknown>): Promise<void> {
  const [start, answers] = [performance.now(), new Array<Promise<unknown>>()];
  while (answers.length < count) {
    const due = Math.min(count, Math.floor(((performance.now() - start) / 1_000) * perSecond));
    while (answers.length < due) answers.push(send());
    await wait(5);
  }
  await Promise.all(answers);
}

/** As many as are taken, a hundred at a time. */
async function hurried(seconds: number, send: () => Promise<unknown>): Promise<void> {
  const until = performance.now() + seconds * 1_000;
  const sender = async (): Promise<void> => {
    while (performance.now() < until) await send();
  };
  await Promise.all(Array.from({ length: 100 }, sender));
}

/** What a report of the fleet costs Redis when so many gateways report. */
export async function measureFleet({ redis, redisUrl }: World, gateways: number): Promise<FleetCost> {
  const reports = 200;
  const log = testRedisLog({ url: redisUrl });
  await log.start();
  const fleet = log.fleet(60_000);
  const cpu = async (): Promise<number> => {
    const info = await redis.info("cpu");
    return Number(/used_cpu_user:(\S+)/.exec(info)?.[1]) + Number(/used_cpu_sys:(\S+)/.exec(info)?.[1]);
  };
  for (let i = 0; i < gateways; i++) await fleet.report({ gateway: `gateway-of-a-fleet-${i}`, connections: 7_000 });
  const [before, own] = [await cpu(), process.cpuUsage()];
  for (let i = 0; i < reports; i++) await fleet.report({ gateway: `gateway-of-a-fleet-${i}`, connections: 7_000 });
  const { user, system } = process.cpuUsage(own);
  const redisSeconds = ((await cpu()) - before) / reports;
  await log.stop();
  return { gateways, redisSeconds, gatewaySeconds: (user + system) / 1e6 / reports };
}
