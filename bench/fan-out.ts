import { setTimeout as wait } from "node:timers/promises";
import { WebSocket } from "ws";
import { type Contender, delaysIn } from "./contenders.ts";
import { cpuSeconds } from "./cpu.ts";
import { joinAsMember, type Member } from "./member.ts";
import { median, quantile, type Row, ratio } from "./table.ts";

const members = 500;
const settleMs = 500;
const longestMs = 60_000;

/** How messages come: `burst` of them in one go, a burst every `everyMs`. */
interface Shape {
  readonly burst: number;
  readonly everyMs: number;
  readonly bursts: number;
}

interface Figures {
  /** Microseconds of the server's CPU per delivered message. */
  readonly cpuMicros: number;
  readonly deliveriesPerSecond: number;
}

/** One member in fifty notes how late messages come. */
async function roomOf(contender: Contender, delays: number[]): Promise<Member[]> {
  const note = (text: string): void => void delays.push(...delaysIn(text));
  const join = async (n: number): Promise<Member> =>
    joinAsMember(contender.port, await contender.dialect(n, "bench"), n % 50 === 1 ? note : undefined);
  const joined: Member[] = [];
  for (let i = 0; i < members; i += 20) {
    const batch = Array.from({ length: Math.min(20, members - i) }, (_, k) => i + k);
    joined.push(...(await Promise.all(batch.map(join))));
  }
  return joined;
}

/** Who has not been cut off. */
const open = (room: readonly Member[]): Member[] => room.filter(({ socket }) => socket.readyState === WebSocket.OPEN);

const seenByAll = (room: readonly Member[]): number => Math.min(...open(room).map((member) => member.received()));

async function everyoneHas(room: readonly Member[], count: number): Promise<void> {
  const until = performance.now() + longestMs;
  while (seenByAll(room) < count) {
    if (performance.now() > until) throw new Error("messages are missing after a minute");
    await wait(2);
  }
}

/** Sends by the clock, whatever the server does, and takes the CPU from the first message to the last delivery. */
async function paced(contender: Contender, room: readonly Member[], shape: Shape): Promise<Figures> {
  const [sender] = room;
  if (sender === undefined) throw new Error("an empty room");
  const before = seenByAll(room);
  const cpu = cpuSeconds(contender.pid);
  const start = performance.now();
  for (let i = 0; i < shape.bursts; i++) {
    for (let k = 0; k < shape.burst; k++) contender.send(sender.socket, "bench");
    await wait(Math.max(0, start + (i + 1) * shape.everyMs - performance.now()));
  }
  const sent = shape.bursts * shape.burst;
  await everyoneHas(room, before + sent);
  const seconds = (performance.now() - start) / 1_000;
  const deliveries = sent * members;
  return {
    cpuMicros: ((cpuSeconds(contender.pid) - cpu) * 1e6) / deliveries,
    deliveriesPerSecond: deliveries / seconds,
  };
}

/** As many as the room takes: a new message for each that all have seen, 64 on the way, so that nobody is left behind. NaN for who never gets there. */
async function saturated(contender: Contender, room: readonly Member[], total: number): Promise<Figures> {
  const [sender] = room;
  if (sender === undefined) throw new Error("an empty room");
  const before = seenByAll(room);
  const cpu = cpuSeconds(contender.pid);
  const start = performance.now();
  for (let sent = 0; sent < total; ) {
    if (performance.now() > start + longestMs) return { cpuMicros: Number.NaN, deliveriesPerSecond: Number.NaN };
    const onTheWay = sent - (seenByAll(room) - before);
    for (let k = onTheWay; k < 64 && sent < total; k++, sent++) contender.send(sender.socket, "bench");
    await wait(1);
  }
  await everyoneHas(room, before + total);
  const deliveries = total * members;
  const seconds = (performance.now() - start) / 1_000;
  return {
    cpuMicros: ((cpuSeconds(contender.pid) - cpu) * 1e6) / deliveries,
    deliveriesPerSecond: deliveries / seconds,
  };
}

const shapes = {
  single: { burst: 1, everyMs: 50, bursts: 100 },
  window: { burst: 10, everyMs: 200, bursts: 25 },
} as const;

interface Measured {
  readonly name: string;
  readonly single: number;
  readonly window: number;
  readonly peak: number;
  readonly peakCpu: number;
  /** Of the saturated room, ms. */
  readonly peakP99: number;
  /** Members that the server cut off, in percent; they count as served. */
  readonly cutOff: number;
}

async function measure(contender: Contender): Promise<Measured> {
  const delays: number[] = [];
  const room = await roomOf(contender, delays);
  await paced(contender, room, { burst: 1, everyMs: 20, bursts: 50 });
  await wait(settleMs);
  const single = await paced(contender, room, shapes.single);
  const window = await paced(contender, room, shapes.window);
  delays.length = 0;
  const peak = await saturated(contender, room, 1_500);
  const cutOff = 100 * (1 - open(room).length / members);
  for (const member of room)
    member.socket
      .removeAllListeners()
      .on("error", () => {})
      .terminate();
  return {
    name: contender.name,
    single: single.cpuMicros,
    window: window.cpuMicros,
    peak: peak.deliveriesPerSecond,
    peakCpu: peak.cpuMicros,
    peakP99: quantile(delays, 0.99),
    cutOff,
  };
}

const figures = ["single", "window", "peak", "peakCpu", "peakP99"] as const;

/** Each contender in turn, `rounds` times, medians; beside each its ratio to the first contender. */
export async function benchFanOut(contenders: readonly Contender[], rounds: number): Promise<Row[]> {
  const runs: Measured[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) runs.push(await measure(contender));
  }
  const of = (name: string, figure: (typeof figures)[number] | "cutOff"): number =>
    median(runs.filter((run) => run.name === name).map((run) => run[figure]));
  const reference = contenders[0]?.name ?? "";
  return contenders.map(({ name }) => ({
    label: name,
    values: [
      ...figures.flatMap((figure) => [of(name, figure), ratio(of(name, figure), of(reference, figure))]),
      of(name, "cutOff"),
    ],
  }));
}
