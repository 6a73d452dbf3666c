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

/** What the script does, as commands: look for a duplicate and at the buffer, take a number, write twice, remember, publish. */
function sameWork(redis: Redis): (n: number) => Promise<unknown> {
  return async (n) => {
    const message = entry(n);
    const answer = `same:dup:${message.room}:${message.id}`;
    const [known, depth] = await Promise.all([redis.get(answer), redis.xlen("same:buf")]);
    if (known !== null || depth > 10_000_000) throw new Error("refused");
    const seq = await redis.hincrby("same:seq", message.room, 1);
    const text = JSON.stringify({ ...message, seq });
    return Promise.all([
      redis.xadd(`same:room:${message.room}`, `${seq}-0`, "e", text).catch(() => "out of order"),
      redis.xadd("same:buf", "*", "e", text),
      redis.set(answer, seq, "PX", 600_000),
      redis.spublish(`same:${message.room}`, text),
    ]);
  };
}

/** Append by the script against commands, interleaved; medians of `rounds`. Ratios are to the same work in commands. */
export async function benchAppend(appender: LogAppender, redisUrl: string, rounds: number): Promise<Row[]> {
  const redis = new Redis(redisUrl, { enableAutoPipelining: true });
  const ways = [
    { label: "the same work as single commands", append: sameWork(redis) },
    {
      label: "three commands: number, store, publish (no duplicates, no bound, no room log)",
      append: threeCommands(redis),
    },
    { label: "one script (Weir)", append: (n: number) => appender.append(entry(n)) },
  ];
  const runs = ways.map((way) => ({ ...way, figures: new Array<Figures>() }));
  for (let round = 0; round <= rounds; round++) {
    for (const { append, figures } of runs) {
      const measured = await run(append, round * appends);
      if (round > 0) figures.push(measured);
    }
  }
  redis.disconnect();
  const medians = runs.map(({ label, figures }) => ({
    label,
    rate: median(figures.map(({ perSecond }) => perSecond)),
    cpu: median(figures.map(({ cpuMicros }) => cpuMicros)),
  }));
  const [{ rate: baseRate, cpu: baseCpu } = { rate: 1, cpu: 1 }] = medians;
  return medians.map(({ label, rate, cpu }) => ({
    label,
    values: [rate, `${(rate / baseRate).toFixed(2)}x`, cpu, `${(cpu / baseCpu).toFixed(2)}x`],
  }));
}
