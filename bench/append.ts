import { Redis } from "ioredis";
import type { NewEntry } from "../src/chat/entry.ts";
import type { LogAppender } from "../src/write-behind/index.ts";
import { median, type Row } from "./table.ts";

const appends = 20_000;
const senders = 100;
const rooms = 20;

interface Figures {
  readonly perSecond: number;
  /** Microseconds of this process's CPU per append. */
  readonly cpuMicros: number;
}

function entry(n: number): NewEntry {
  return {
    kind: "message",
    room: `bench:${n % rooms}`,
    id: `${process.pid}-${n}`,
    from: { id: "bench" },
    text: "x".repeat(100),
  };
}

async function run(append: (n: number) => Promise<unknown>, from: number): Promise<Figures> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  let next = from;
  const send = async (): Promise<void> => {
    while (next < from + appends) await append(next++);
  };
  await Promise.all(Array.from({ length: senders }, send));
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: appends / ((performance.now() - start) / 1_000), cpuMicros: (user + system) / appends };
}

/** The usual way: take a number, then store and publish with it. Two round trips, since the second needs the first's answer. */
function threeCommands(redis: Redis): (n: number) => Promise<unknown> {
  return async (n) => {
    const message = entry(n);
    const seq = await redis.hincrby("three:seq", message.room, 1);
    const text = JSON.stringify({ ...message, seq });
    return Promise.all([redis.xadd("three:buf", "*", "e", text), redis.publish(`three:${message.room}`, text)]);
  };
}

/** Append by the script against three commands, interleaved; medians of `rounds`. */
export async function benchAppend(appender: LogAppender, redisUrl: string, rounds: number): Promise<Row[]> {
  const redis = new Redis(redisUrl, { enableAutoPipelining: true });
  const three = threeCommands(redis);
  const script: Figures[] = [];
  const commands: Figures[] = [];
  await run((n) => appender.append(entry(n)), 0);
  for (let round = 1; round <= rounds; round++) {
    script.push(await run((n) => appender.append(entry(n)), round * appends));
    commands.push(await run(three, round * appends));
  }
  redis.disconnect();
  const rate = (figures: Figures[]): number => median(figures.map(({ perSecond }) => perSecond));
  const cpu = (figures: Figures[]): number => median(figures.map(({ cpuMicros }) => cpuMicros));
  const ratio = (a: number, b: number): string => `${(a / b).toFixed(2)}x`;
  return [
    { label: "three commands", values: [rate(commands), "1.00x", cpu(commands), "1.00x"] },
    {
      label: "one script (duplicates, watermark, buffer and all)",
      values: [rate(script), ratio(rate(script), rate(commands)), cpu(script), ratio(cpu(script), cpu(commands))],
    },
  ];
}
