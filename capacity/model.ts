import { batches, type Costs, measuredPartitions, turns } from "./costs.ts";
import { limits, type Part, type Use } from "./parts.ts";
import type { PodSize } from "./pod-size.ts";
import type { Workload } from "./workloads.ts";

/** What a deployment of so many connections needs, by the costs that were measured. */
export interface Need {
  readonly messagesPerSecond: number;
  readonly deliveriesPerSecond: number;
  readonly pods: number;
  /** What decides their number. */
  readonly podsBy: "cpu" | "memory" | "two for safety";
  readonly connectionsPerPod: number;
  readonly gatewayCores: number;
  readonly redis: { readonly cores: number; readonly outBytesPerSecond: number; readonly bytes: number };
  readonly flusherCores: number;
  /** Of each part that can't be multiplied, how much of what it may have; above 1 it is too much. */
  readonly uses: readonly Use[];
  /** The part that is used up first. */
  readonly first: Use;
  /** Until all clients are back when all have lost their connections at once, s. */
  readonly backSeconds: number;
}

export interface Question {
  readonly connections: number;
  readonly workload: Workload;
  readonly size: PodSize;
}

const secondsPerHour = 3_600;
/** How long the log remembers ids of messages, and a silent room. */
const rememberedSeconds = 600;

/** Cores of each part with so many gateway processes, and none of them anywhere near its end. */
function coresWith(costs: Costs, { connections, workload }: Question, processes: number): Record<Part, number> {
  const { gateway, redis, flusher } = costs;
  const messages = (connections * workload.messagesPerHour) / secondsPerHour;
  const arrivals = messages * processesOfRoom(workload.membersEach, processes);
  const ofMessages =
    arrivals * gateway.arrival +
    messages * workload.membersEach * gateway.delivery +
    turns(messages + arrivals, processes) * gateway.turn;
  const batched = batches(messages, roomsOf({ connections, workload }));
  const foreign = (processes * messages - arrivals) * gateway.foreign;
  const peers = processes * processes * gateway.peer;
  return {
    gateways: processes * gateway.process + connections * gateway.connection + ofMessages + foreign + peers,
    redis:
      measuredPartitions * redis.partition +
      batched * redis.batch +
      messages * redis.message +
      arrivals * redis.arrival +
      processes ** 2 * redis.pair,
    flusher: flusher.process + batched * flusher.batch + messages * flusher.message,
  };
}

function roomsOf({ connections, workload }: Pick<Question, "connections" | "workload">): number {
  return (connections * workload.roomsEach) / workload.membersEach;
}

/** On how many of the processes the members of a room are, where each came anywhere. */
export function processesOfRoom(members: number, processes: number): number {
  return processes * (1 - (1 - 1 / processes) ** members);
}

/** Entries of a room in the log, where messages come by chance and the room is forgotten when it was silent for long enough. */
export function keptEntries(perSecond: number, tail: number): number {
  const awake = 1 - Math.exp(-perSecond * rememberedSeconds);
  return awake === 1 ? tail : (awake * (1 - awake ** tail)) / (1 - awake);
}

/** The fewest processes that are not fuller than they should be, by CPU; undefined where no number of them is. */
function fewestByCpu(costs: Costs, question: Question): number | undefined {
  const each = (question.size.cores / question.size.workers) * limits.gatewayCpu;
  const fits = (processes: number): boolean => coresWith(costs, question, processes).gateways <= processes * each;
  let high = 1;
  while (!fits(high)) {
    high *= 2;
    if (high > 2 ** 20) return undefined;
  }
  let low = Math.floor(high / 2);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle)) high = middle;
    else low = middle;
  }
  return high;
}

function fewestByMemory({ gateway }: Costs, { connections, size }: Question): number {
  const free = size.memoryBytes * limits.gatewayMemory - size.workers * gateway.processBytes;
  return Math.ceil((connections * gateway.connectionBytes) / free);
}

function podsFor(costs: Costs, question: Question): Pick<Need, "pods" | "podsBy"> {
  const processes = fewestByCpu(costs, question);
  if (processes === undefined) throw new Error("no number of gateways is enough: they read of each other too much");
  const [cpu, memory] = [Math.ceil(processes / question.size.workers), fewestByMemory(costs, question)];
  const pods = Math.max(2, cpu, memory);
  if (pods > Math.max(cpu, memory)) return { pods, podsBy: "two for safety" };
  return { pods, podsBy: cpu >= memory ? "cpu" : "memory" };
}

/** Redis' memory for what is in the log: what ids are remembered of, or the tails of rooms, whichever is more. */
function redisBytes({ redis }: Costs, question: Question, messages: number): number {
  const rooms = roomsOf(question);
  const kept = rooms * keptEntries(messages / rooms, limits.logTail);
  return Math.max(messages * rememberedSeconds, kept) * redis.bytesPerMessage;
}

/** Everyone comes back: gateways let so many in a second, each costs its CPU, and all cost Redis'. */
function backSeconds(costs: Costs, { connections, workload, size }: Question, processes: number): number {
  const { gateway, redis } = costs;
  const cost = gateway.client + workload.roomsEach * gateway.join;
  const perProcess = Math.min(limits.admissionRate, size.cores / size.workers / cost);
  const byRedis = connections * (redis.client + workload.roomsEach * redis.join);
  return Math.max(connections / (processes * perProcess), byRedis);
}

export function plan(costs: Costs, question: Question): Need {
  const { connections, workload, size } = question;
  const { pods, podsBy } = podsFor(costs, question);
  const processes = pods * size.workers;
  const messages = (connections * workload.messagesPerHour) / secondsPerHour;
  const cores = coresWith(costs, question, processes);
  const arrivals = messages * processesOfRoom(workload.membersEach, processes);
  const bytes = redisBytes(costs, question, messages);
  const uses: Use[] = [
    { part: "Redis' core", share: cores.redis / limits.oneCore },
    { part: "Redis' memory", share: bytes / limits.redisBytes },
    { part: "the flusher's core", share: cores.flusher / limits.oneCore },
  ];
  return {
    messagesPerSecond: messages,
    deliveriesPerSecond: messages * workload.membersEach,
    pods,
    podsBy,
    connectionsPerPod: connections / pods,
    gatewayCores: cores.gateways,
    redis: {
      cores: cores.redis,
      outBytesPerSecond: messages * costs.redis.outBytesPerMessage + arrivals * costs.redis.outBytesPerArrival,
      bytes,
    },
    flusherCores: cores.flusher,
    uses,
    first: uses.reduce((most, use) => (use.share > most.share ? use : most)),
    backSeconds: backSeconds(costs, question, processes),
  };
}
