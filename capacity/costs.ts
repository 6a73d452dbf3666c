import { median } from "../bench/table.ts";
import type { FleetCost, JoinCost, Load, Measurement, Point } from "./measurement.ts";
import { dot, solve } from "./solve.ts";

/**
 * What one of each thing costs, in seconds of CPU (for what stays: cores) and in bytes. An arrival is a message at a gateway with
 * a member of its room; a turn is one of the event loop, a batch one of the flusher's from a partition: messages that are many
 * share both (see `turns` and `batches`). A client is one that comes, with its handshake and token.
 */
export interface Costs {
  readonly gateway: {
    readonly process: number;
    readonly connection: number;
    /** With what its sender costs: which of the two it was can not be told from so few gateways. */
    readonly arrival: number;
    readonly delivery: number;
    readonly turn: number;
    /** A message of a room without a member here. */
    readonly foreign: number;
    readonly client: number;
    readonly join: number;
    /** For each gateway that it reads the load of, once a second. */
    readonly peer: number;
    readonly processBytes: number;
    readonly connectionBytes: number;
  };
  readonly redis: {
    /** What flushers, looking for work, cost for each partition, and what a batch of it costs. */
    readonly partition: number;
    readonly batch: number;
    readonly message: number;
    readonly arrival: number;
    readonly client: number;
    readonly join: number;
    /** For each pair of gateways, once a second. */
    readonly pair: number;
    readonly commandsPerMessage: number;
    readonly inBytesPerMessage: number;
    readonly outBytesPerArrival: number;
    readonly outBytesPerMessage: number;
    /** As long as it is kept. */
    readonly bytesPerMessage: number;
  };
  readonly flusher: WriteBehindCost;
  /** Null where the store was not a process of the measurement's own. */
  readonly store: WriteBehindCost | null;
}

export interface WriteBehindCost {
  readonly process: number;
  readonly batch: number;
  readonly message: number;
}

/** Of the log while it was measured. */
export const measuredPartitions = 16;

/** Messages within so long of each other share a turn of the event loop, s: of 0.5 to 8 ms what fits best. */
const turnSeconds = 0.002;
/** `WEIR_FLUSH_LINGER`, s. */
const lingerSeconds = 0.1;

/** Turns of the event loops a second of so many processes, which share these events. */
export function turns(eventsPerSecond: number, processes: number): number {
  return eventsPerSecond / (1 + (eventsPerSecond / processes) * turnSeconds);
}

/** Batches a second where these messages come by chance to so many rooms: one begins with a message and takes what comes while it lingers. */
export function batches(messagesPerSecond: number, rooms: number): number {
  const used = measuredPartitions * (1 - (1 - 1 / measuredPartitions) ** rooms);
  return used === 0 ? 0 : messagesPerSecond / (1 + (messagesPerSecond / used) * lingerSeconds);
}

/** What a message costs a flusher at least, s: what is left when batches are full and nothing is stored (docs/performance.md, the drain of the log alone). */
const leastFlusherSeconds = 1 / 65_000;

/** Every gateway of a measurement had members of every room. */
function arrivals({ messagesPerSecond, pods }: Load): number {
  return messagesPerSecond * pods;
}

function gatewayRow({ load, deliveriesPerSecond }: Pick<Point, "load" | "deliveriesPerSecond">): number[] {
  const { pods, connections, messagesPerSecond } = load;
  const all = turns(messagesPerSecond + arrivals(load), pods);
  return [pods, connections, arrivals(load), deliveriesPerSecond, all];
}

const batchesOf = ({ messagesPerSecond, rooms }: Load): number => batches(messagesPerSecond, rooms);
const redisRow = ({ load }: Pick<Point, "load">): number[] => [
  1,
  batchesOf(load),
  load.messagesPerSecond,
  arrivals(load),
];
const messageRow = ({ load }: Pick<Point, "load">): number[] => [1, batchesOf(load), load.messagesPerSecond];

type Row = (point: Point) => number[];
type Value = (point: Point) => number;

function fitted(points: readonly Point[], row: Row, value: Value): number[] {
  return solve(points.map(row), points.map(value));
}

/** The points from which costs come, all of the pod with one process and one core. */
interface Evidence {
  /** Steps of use `fit`, and every other step of the ramp of rates that broke nothing. */
  readonly steps: readonly Point[];
  /** Steps of the ramp of connections that broke nothing. */
  readonly connections: readonly Point[];
  /** Those with gateways. */
  readonly served: readonly Point[];
  /** Steps with gateways in the order in which they were measured, one after the other on the same stores. */
  readonly inOrder: readonly Point[];
}

/** Steps of the ramp of rates, of which the first, third … are evidence and the others are held out. */
function heldRates(points: readonly Point[], remainder: number): Point[] {
  const held = points.filter(({ use, broken }) => use === "rate" && broken.length === 0);
  return held.filter((_, i) => i % 2 === remainder);
}

function sameSize(points: readonly Point[]): readonly Point[] {
  const size = points.find(({ use }) => use === "fit")?.size;
  return points.filter((point) => point.size === size);
}

function evidenceOf(points: readonly Point[]): Evidence {
  const same = sameSize(points);
  const steps = [...same.filter(({ use }) => use === "fit"), ...heldRates(same, 0)];
  const connections = same.filter(({ use, broken }) => use === "connections" && broken.length === 0);
  const served = [...steps, ...connections].filter(({ load }) => load.pods > 0);
  const inOrder = same.filter(({ use, load }) => (use === "fit" || use === "held-out") && load.pods > 0);
  return { steps, connections, served, inOrder };
}

/** The points that costs are compared with, and not made from. */
export function heldOut(points: readonly Point[]): Point[] {
  const same = sameSize(points);
  return [...same.filter(({ use }) => use === "held-out"), ...heldRates(same, 1)];
}

/** The costs that explain what was measured. */
export function costsOf({ points, joins, fleet }: Measurement): Costs {
  const evidence = evidenceOf(points);
  return {
    gateway: gatewayCosts(evidence, joins, fleet),
    redis: redisCosts(evidence, joins, fleet),
    ...writeBehindCosts(evidence),
  };
}

function gatewayCosts(
  { served, connections }: Evidence,
  joins: readonly JoinCost[],
  fleet: FleetCost,
): Costs["gateway"] {
  const load = fitted(served, gatewayRow, ({ cores }) => cores.gateways);
  const [process = 0, connection = 0, arrival = 0, delivery = 0, turn = 0] = load;
  const beside: Row = ({ load: { idlePods, messagesPerSecond } }) => [idlePods, idlePods * messagesPerSecond];
  const idle = served.filter((point) => point.load.idlePods > 0);
  const [, foreign = 0] = fitted(idle, beside, ({ cores }) => cores.idleGateways);
  const memory = fitted(
    connections,
    (point) => [1, point.load.connections],
    ({ residentBytes }) => residentBytes,
  );
  const [processBytes = 0, connectionBytes = 0] = memory;
  const coming = comingCosts(joins, ({ gatewaySeconds }) => gatewaySeconds);
  const peer = fleet.gatewaySeconds / fleet.gateways;
  return {
    process,
    connection,
    arrival,
    delivery,
    turn,
    foreign,
    ...coming,
    peer,
    processBytes,
    connectionBytes,
  };
}

function redisCosts({ steps, inOrder }: Evidence, joins: readonly JoinCost[], fleet: FleetCost): Costs["redis"] {
  const [all = 0, batch = 0, message = 0, arrival = 0] = fitted(steps, redisRow, ({ cores }) => cores.redis);
  const [, , commandsPerMessage = 0] = fitted(steps, messageRow, ({ redis }) => redis.commandsPerSecond);
  const [, , inBytesPerMessage = 0] = fitted(steps, messageRow, ({ redis }) => redis.inBytesPerSecond);
  const out = fitted(steps, redisRow, ({ redis }) => redis.outBytesPerSecond);
  const [, , outBytesPerMessage = 0, outBytesPerArrival = 0] = out;
  return {
    partition: all / measuredPartitions,
    batch,
    message,
    arrival,
    ...comingCosts(joins, ({ redisSeconds }) => redisSeconds),
    pair: fleet.redisSeconds / fleet.gateways,
    commandsPerMessage,
    inBytesPerMessage,
    outBytesPerMessage,
    outBytesPerArrival,
    bytesPerMessage: keptBytes(inOrder),
  };
}

function writeBehindCosts({ steps }: Evidence): Pick<Costs, "flusher" | "store"> {
  // What was stored later than this is work that a step has not done yet.
  const done = steps.filter(({ storedSeconds }) => (storedSeconds ?? 0) <= 1);
  const cost = (value: Value): WriteBehindCost => {
    const [process = 0, batch = 0, message = 0] = fitted(done, messageRow, value);
    return { process, batch, message };
  };
  const ours = steps.every(({ cores }) => cores.store !== null);
  const flusher = cost(({ cores }) => cores.flusher);
  return {
    flusher: { ...flusher, message: Math.max(flusher.message, leastFlusherSeconds) },
    store: ours ? cost(({ cores }) => cores.store ?? 0) : null,
  };
}

/** Of a client that comes, and of each room that it joins; medians, since the first clients of a process and of a room cost more. */
function comingCosts(
  joins: readonly JoinCost[],
  value: (cost: JoinCost) => number,
): { readonly client: number; readonly join: number } {
  const each = (rooms: boolean): number =>
    median(joins.filter((cost) => cost.rooms === rooms).map((cost) => value(cost) / cost.clients));
  const client = each(false);
  return { client, join: Math.max(0, each(true) - client) };
}

/** Growth of Redis by what was sent while the costs were measured: all of it was still kept, and the buffer was empty again. */
function keptBytes(measured: readonly Point[]): number {
  const [first, last] = [measured[0], measured.at(-1)];
  if (first === undefined || last === undefined) return 0;
  const messages = measured.slice(1).reduce((sum, { load, seconds }) => sum + load.messagesPerSecond * seconds, 0);
  return Math.max(0, (last.redis.memoryBytes - first.redis.memoryBytes) / messages);
}

/** What these costs say of a load: CPU in cores. */
export function predict(
  costs: Costs,
  point: Pick<Point, "load" | "deliveriesPerSecond">,
): { readonly gateways: number; readonly redis: number; readonly flusher: number } {
  const { gateway, redis, flusher } = costs;
  const { process, connection, arrival, delivery, turn } = gateway;
  return {
    gateways: dot([process, connection, arrival, delivery, turn], gatewayRow(point)),
    redis: dot([redis.partition * measuredPartitions, redis.batch, redis.message, redis.arrival], redisRow(point)),
    flusher: dot([flusher.process, flusher.batch, flusher.message], messageRow(point)),
  };
}
