import fc from "fast-check";
import { batches, type Costs, measuredPartitions, turns } from "../../../capacity/costs.ts";
import type { Measurement, Point } from "../../../capacity/measurement.ts";

/** Costs of about the size that real ones have. */
export const madeUpCosts: Costs = {
  gateway: {
    process: 0.01,
    connection: 2e-6,
    arrival: 100e-6,
    delivery: 15e-6,
    turn: 400e-6,
    foreign: 1e-7,
    client: 800e-6,
    join: 300e-6,
    peer: 1e-6,
    processBytes: 1e8,
    connectionBytes: 20_000,
  },
  redis: {
    partition: 0.001,
    batch: 800e-6,
    message: 60e-6,
    arrival: 10e-6,
    client: 50e-6,
    join: 50e-6,
    pair: 4e-7,
    commandsPerMessage: 12,
    inBytesPerMessage: 900,
    outBytesPerMessage: 400,
    outBytesPerArrival: 300,
    bytesPerMessage: 800,
  },
  flusher: { process: 0.01, batch: 500e-6, message: 50e-6 },
  store: { process: 0.01, batch: 500e-6, message: 60e-6 },
};

/** Each kind of cost is so many times what it is above. */
export const anyCosts: fc.Arbitrary<Costs> = fc
  .record({ gateway: factor(), redis: factor(), flusher: factor() })
  .map(({ gateway, redis, flusher }) => ({
    gateway: times(madeUpCosts.gateway, gateway),
    redis: times(madeUpCosts.redis, redis),
    flusher: times(madeUpCosts.flusher, flusher),
    store: null,
  }));

function factor(): fc.Arbitrary<number> {
  return fc.double({ min: 0.3, max: 2, noNaN: true });
}

function times<T extends object>(costs: T, by: number): T {
  const scaled = { ...costs };
  for (const [key, value] of Object.entries(costs)) Object.assign(scaled, { [key]: Number(value) * by });
  return scaled;
}

interface Shape {
  readonly use: string;
  readonly pods: number;
  readonly membersEach: number;
  readonly messages: number;
  readonly connections?: number;
}

const shapes: readonly Shape[] = [
  { use: "fit", pods: 1, membersEach: 0, messages: 0, connections: 0 },
  { use: "fit", pods: 1, membersEach: 5, messages: 100 },
  { use: "fit", pods: 1, membersEach: 5, messages: 700 },
  { use: "fit", pods: 1, membersEach: 20, messages: 500 },
  { use: "fit", pods: 1, membersEach: 100, messages: 20 },
  { use: "fit", pods: 1, membersEach: 100, messages: 150 },
  { use: "fit", pods: 2, membersEach: 2, messages: 100 },
  { use: "fit", pods: 2, membersEach: 2, messages: 500 },
  { use: "fit", pods: 2, membersEach: 20, messages: 300 },
  { use: "held-out", pods: 1, membersEach: 10, messages: 200 },
  { use: "held-out", pods: 2, membersEach: 20, messages: 200 },
  { use: "rate", pods: 1, membersEach: 20, messages: 2_000 },
  { use: "rate", pods: 1, membersEach: 20, messages: 1_000 },
  { use: "fit", pods: 0, membersEach: 0, messages: 4_000, connections: 0 },
  { use: "connections", pods: 1, membersEach: 20, messages: 50, connections: 5_000 },
  { use: "connections", pods: 1, membersEach: 20, messages: 50, connections: 10_000 },
];

const seconds = 5;

/** What would be measured where things cost exactly this. */
export function measuredWith(costs: Costs): Measurement {
  let sent = 0;
  const points = shapes.map((shape) => {
    if (shape.use === "fit" || shape.use === "held-out") sent += shape.messages * seconds;
    return pointOf(costs, shape, sent);
  });
  const { gateway, redis } = costs;
  const [clients, gateways] = [1_000, 1_000];
  const coming = [
    { clients, rooms: false, gatewaySeconds: clients * gateway.client, redisSeconds: clients * redis.client },
    {
      clients,
      rooms: true,
      gatewaySeconds: clients * (gateway.client + gateway.join),
      redisSeconds: clients * (redis.client + redis.join),
    },
  ];
  return {
    conditions: {
      date: "2026-01-01T00:00",
      revision: "made-up",
      node: "v26.0.0",
      redis: "7",
      store: "none",
      cpu: "none",
      cores: 2,
      loadAverage: [0, 0],
      confinedBy: "nothing",
      notMeasured: [],
      textCharacters: 100,
    },
    points,
    joins: coming.map((cost) => ({ ...cost, redisCommands: 0 })),
    fleet: { gateways, redisSeconds: gateways * redis.pair, gatewaySeconds: gateways * gateway.peer },
  };
}

function pointOf({ gateway, redis, flusher, store }: Costs, shape: Shape, sent: number): Point {
  const { use, pods, membersEach, messages, connections = 1_000 } = shape;
  const [arrivals, deliveries, idlePods] = [messages * pods, messages * membersEach, 2 - pods];
  const rooms = membersEach === 0 ? 100 : 1_000 / membersEach;
  const batched = batches(messages, rooms);
  return {
    size: "one core",
    shape: `${membersEach} on ${pods}`,
    use,
    seconds,
    load: { pods, idlePods, connections, rooms, membersEach, messagesPerSecond: messages },
    deliveriesPerSecond: deliveries,
    cores: {
      gateways:
        pods * gateway.process +
        connections * gateway.connection +
        arrivals * gateway.arrival +
        deliveries * gateway.delivery +
        (pods === 0 ? 0 : turns(messages + arrivals, pods) * gateway.turn),
      idleGateways: idlePods * (gateway.process + messages * gateway.foreign),
      redis:
        measuredPartitions * redis.partition +
        batched * redis.batch +
        messages * redis.message +
        arrivals * redis.arrival,
      flusher: flusher.process + batched * flusher.batch + messages * flusher.message,
      store: store === null ? null : store.process + batched * store.batch + messages * store.message,
      load: 0,
    },
    residentBytes: pods * gateway.processBytes + connections * gateway.connectionBytes,
    redis: {
      commandsPerSecond: 100 + messages * redis.commandsPerMessage,
      inBytesPerSecond: 100 + messages * redis.inBytesPerMessage,
      outBytesPerSecond: 100 + messages * redis.outBytesPerMessage + arrivals * redis.outBytesPerArrival,
      memoryBytes: 1e6 + sent * redis.bytesPerMessage,
    },
    deliveryMs: { p50: 1, p99: 10 },
    storedSeconds: 0.25,
    refused: 0,
    broken: [],
  };
}
