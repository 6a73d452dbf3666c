import { delaysIn } from "../bench/contenders.ts";
import { leave, type RoomsLoad, seats } from "../bench/rooms.ts";
import { until } from "../test/harness/until.ts";
import type { JoinCost, Point } from "./measurement.ts";
import { isStored } from "./meter.ts";
import { measureStep } from "./step.ts";
import { connectIdle, costOf, type World, watch } from "./world.ts";

/** How long and how large; smaller for a try. */
export interface Plan {
  readonly stepSeconds: number;
  /** Members of a step of costs or rates. */
  readonly members: number;
  /** The ramp of connections stops at each of these. */
  readonly connections: readonly number[];
  /** Messages per second at which the ramp of rates begins, each step 1.6 times as many. */
  readonly firstRate: number;
  readonly rateSteps: number;
}

export interface Results {
  readonly points: Point[];
  readonly joins: JoinCost[];
}

/** For the compiler of a fresh process to see what is hot; not recorded. */
const warmUp: Shape = { membersEach: 20, pods: 2, rates: [400], use: "warm-up" };

interface Shape {
  readonly membersEach: number;
  readonly pods: number;
  readonly rates: readonly number[];
  readonly use: "fit" | "held-out" | "warm-up";
}

/** Rates for a thousand members, up to half of a core. Most rooms come first, since FerretDB takes longer to look for a new room the more it has. */
const shapes: readonly Shape[] = [
  { membersEach: 4, pods: 2, rates: [100, 400], use: "fit" },
  { membersEach: 5, pods: 1, rates: [100, 600], use: "fit" },
  { membersEach: 5, pods: 2, rates: [250], use: "held-out" },
  { membersEach: 10, pods: 1, rates: [300], use: "held-out" },
  { membersEach: 20, pods: 1, rates: [100, 500], use: "fit" },
  { membersEach: 20, pods: 2, rates: [300], use: "fit" },
  { membersEach: 50, pods: 1, rates: [120], use: "held-out" },
  { membersEach: 100, pods: 1, rates: [20, 150], use: "fit" },
];

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function report(point: Point): void {
  const { shape, load, cores, deliveriesPerSecond, deliveryMs, storedSeconds, broken } = point;
  const rates = `${Math.round(load.messagesPerSecond)} messages/s, ${Math.round(deliveriesPerSecond)} deliveries/s`;
  const cpu = `gateways ${cores.gateways.toFixed(2)}, Redis ${cores.redis.toFixed(2)}, load ${cores.load.toFixed(2)} cores`;
  const slo = `p99 ${deliveryMs?.p99.toFixed(0) ?? "–"} ms, stored within ${storedSeconds ?? "–"} s`;
  say(
    `  ${shape}, ${load.connections} connections: ${rates}; ${cpu}; ${slo}${broken.length === 0 ? "" : `; BROKEN: ${broken.join(", ")}`}`,
  );
}

/** Steps far below saturation, of two pods of one core, from which the costs of the model come. */
export async function measureCosts(world: World, size: string, plan: Plan, { points, joins }: Results): Promise<void> {
  await measureShape(world, size, plan, warmUp);
  const none = { rooms: 0, membersEach: 0, messagesPerSecond: 0, seconds: plan.stepSeconds };
  const nobody = { watched: watch(world, 1), seats: [], idleConnections: 0, delays: [] };
  points.push(await measureStep(nobody, { size, use: "fit", shape: "nobody", rooms: none }));
  for (const shape of shapes) {
    const measured = await measureShape(world, size, plan, shape);
    points.push(...measured.points);
    joins.push(...measured.joins);
  }
}

async function measureShape(world: World, size: string, plan: Plan, shape: Shape): Promise<Results> {
  const { membersEach, pods, rates, use } = shape;
  const watched = watch(world, pods);
  const delays: number[] = [];
  const rooms = Math.max(1, Math.round(plan.members / membersEach));
  const load = { rooms, membersEach, messagesPerSecond: 0, seconds: plan.stepSeconds };
  // As many on the gateways beside it, or this one would have more than its share and let go of some.
  const beside = world.contenders.slice(pods).map((contender) => connectIdle(contender, plan.members, 1_000_000));
  const bystanders = (await Promise.all(beside)).flat();
  const come = () => seats(world.contenders.slice(0, pods), load, (text) => void delays.push(...delaysIn(text)));
  const [cost, taken] = await costOf(watched, { clients: rooms * membersEach, rooms: true }, come);
  const points: Point[] = [];
  for (const messagesPerSecond of rates) {
    const name = `${rooms} rooms of ${membersEach} on ${pods === 1 ? "one gateway" : `${pods} gateways`}`;
    const scene = { watched, seats: taken, idleConnections: 0, delays };
    const point = await measureStep(scene, { size, use, shape: name, rooms: { ...load, messagesPerSecond } });
    report(point);
    points.push(point);
  }
  leave([...bystanders, ...taken.map(({ member }) => member)]);
  await until(() => isStored(watched), { within: 20_000, every: 100 });
  return { points, joins: [cost] };
}

/** Steps that the last one of connections takes: with 3 s each, as long as from one heartbeat of a connection to its next. */
const heartbeatSteps = 8;
const rampRooms = 20;
const growth = 1.6;

async function withRooms(
  world: World,
  load: RoomsLoad,
  run: (scene: { readonly seats: Awaited<ReturnType<typeof seats>>; readonly delays: number[] }) => Promise<void>,
): Promise<void> {
  const delays: number[] = [];
  const taken = await seats(world.contenders.slice(0, 1), load, (text) => void delays.push(...delaysIn(text)));
  await run({ seats: taken, delays });
  leave(taken.map(({ member }) => member));
}

/** More messages in rooms of 20, step by step, until an objective breaks. */
export async function rampRate(world: World, size: string, plan: Plan, { points }: Results): Promise<void> {
  const membersEach = rampRooms;
  const rooms = Math.max(1, Math.round(plan.members / membersEach));
  const load = { rooms, membersEach, messagesPerSecond: plan.firstRate, seconds: plan.stepSeconds };
  await withRooms(world, load, async (scene) => {
    for (let i = 0; i < plan.rateSteps; i++) {
      const messagesPerSecond = Math.round(plan.firstRate * growth ** i);
      const step = {
        size,
        use: "rate",
        shape: `${rooms} rooms of ${membersEach}`,
        rooms: { ...load, messagesPerSecond },
      };
      const point = await measureStep({ watched: watch(world, 1), ...scene, idleConnections: 0 }, step);
      report(point);
      points.push(point);
      if (point.broken.length > 0) return;
    }
  });
}

/** More connections, most of them idle, beside ten busy rooms by which the objectives are seen. */
export async function rampConnections(world: World, size: string, plan: Plan, results: Results): Promise<void> {
  const load = { rooms: 10, membersEach: rampRooms, messagesPerSecond: 50, seconds: 2 * plan.stepSeconds };
  const [contender] = world.contenders;
  if (contender === undefined) throw new Error("no gateway");
  const watched = watch(world, 1);
  await withRooms(world, load, async (scene) => {
    const warm = {
      size,
      use: "warm-up",
      shape: "",
      rooms: { ...load, messagesPerSecond: 300, seconds: plan.stepSeconds },
    };
    await measureStep({ watched, ...scene, idleConnections: 0 }, warm);
    const idle: Awaited<ReturnType<typeof connectIdle>> = [];
    for (const connections of plan.connections) {
      const clients = connections - idle.length - scene.seats.length;
      if (clients > 0) {
        const come = () => connectIdle(contender, clients, 1_000_000 + idle.length);
        const [cost, came] = await costOf(watched, { clients, rooms: false }, come);
        results.joins.push(cost);
        idle.push(...came);
      }
      const seconds = plan.stepSeconds * (connections === plan.connections.at(-1) ? heartbeatSteps : 2);
      const rooms = { ...load, seconds };
      const step = { size, use: "connections", shape: "10 rooms of 20, the rest idle", rooms };
      const point = await measureStep({ watched, ...scene, idleConnections: idle.length }, step);
      report(point);
      results.points.push(point);
      if (point.broken.length > 0) break;
    }
    leave(idle);
  });
}
