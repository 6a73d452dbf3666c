import { readFileSync } from "node:fs";
import type { Redis } from "ioredis";
import { cpuSeconds } from "../bench/cpu.ts";
import { sumOf } from "../loadtests/lib/exposition.ts";
import { residentBytes } from "../test/harness/resident-bytes.ts";
import type { WeirProcess } from "../test/harness/weir-process.ts";
import type { Cores, RedisUse } from "./measurement.ts";
import { familyOf } from "./pod-size.ts";

/** What a measurement looks at. */
export interface Watched {
  readonly serving: readonly WeirProcess[];
  readonly idle: readonly WeirProcess[];
  readonly flusher: WeirProcess;
  readonly redis: Redis;
  /** Process of the store, where it is ours. */
  readonly storePid: number | undefined;
}

/** Totals since each process began. CPU in seconds. */
export interface Reading {
  readonly at: number;
  readonly cpu: Cores;
  readonly residentBytes: number;
  readonly redis: { readonly commands: number; readonly in: number; readonly out: number; readonly memory: number };
  readonly refused: number;
  /** Entries stored by the bound of their age, s. */
  readonly stored: ReadonlyMap<number, number>;
}

function cpuOf(pids: readonly number[]): number {
  return pids.flatMap(familyOf).reduce((sum, pid) => sum + cpuSeconds(pid), 0);
}

async function page(process: WeirProcess): Promise<string> {
  return (await fetch(`http://127.0.0.1:${process.opsPort}/metrics`)).text();
}

function storedByAge(exposition: string): Map<number, number> {
  const lines = exposition.matchAll(/^weir_stored_lag_seconds_bucket\{.*le="([^"]+)".*\} (\S+)$/gm);
  return new Map(Array.from(lines, ([, bound, count]) => [bound === "+Inf" ? Infinity : Number(bound), Number(count)]));
}

/** Sends and handshakes that were refused because there was too much. */
function refusedIn(exposition: string): number {
  const overloaded = exposition.matchAll(/^weir_(?:requests|handshakes)_total\{.*result="OVERLOADED".*\} (\S+)$/gm);
  return Array.from(overloaded, ([, count]) => Number(count)).reduce((sum, count) => sum + count, 0);
}

function fact(info: string, name: string): number {
  return Number(new RegExp(`^${name}:(\\S+)`, "m").exec(info)?.[1]);
}

export async function read({ serving, idle, flusher, redis, storePid }: Watched): Promise<Reading> {
  const pids = (processes: readonly WeirProcess[]): number[] => processes.map(({ pid }) => pid);
  const [info, ofFlusher, pages] = await Promise.all([redis.info(), page(flusher), Promise.all(serving.map(page))]);
  const { user, system } = process.cpuUsage();
  return {
    at: performance.now(),
    cpu: {
      gateways: cpuOf(pids(serving)),
      idleGateways: cpuOf(pids(idle)),
      redis: fact(info, "used_cpu_sys") + fact(info, "used_cpu_user"),
      flusher: cpuOf([flusher.pid]),
      store: storePid === undefined ? null : cpuOf([storePid]),
      load: (user + system) / 1e6,
    },
    residentBytes: pids(serving)
      .flatMap(familyOf)
      .reduce((sum, pid) => sum + residentBytes(pid), 0),
    redis: {
      commands: fact(info, "total_commands_processed"),
      in: fact(info, "total_net_input_bytes"),
      out: fact(info, "total_net_output_bytes"),
      memory: fact(info, "used_memory"),
    },
    refused: pages.reduce((sum, text) => sum + refusedIn(text), 0),
    stored: storedByAge(ofFlusher),
  };
}

/** Whether anything waits for the store. */
export async function isStored({ flusher }: Pick<Watched, "flusher">): Promise<boolean> {
  return sumOf(await page(flusher), "weir_buffer_entries") === 0;
}

export interface Rates {
  readonly seconds: number;
  readonly cores: Cores;
  readonly redis: RedisUse;
  readonly refused: number;
  readonly storedSeconds: number | null;
}

export function between(before: Reading, after: Reading): Rates {
  const seconds = (after.at - before.at) / 1_000;
  const rate = (pick: (reading: Reading) => number): number => (pick(after) - pick(before)) / seconds;
  return {
    seconds,
    cores: {
      gateways: rate(({ cpu }) => cpu.gateways),
      idleGateways: rate(({ cpu }) => cpu.idleGateways),
      redis: rate(({ cpu }) => cpu.redis),
      flusher: rate(({ cpu }) => cpu.flusher),
      store: after.cpu.store === null ? null : rate(({ cpu }) => cpu.store ?? 0),
      load: rate(({ cpu }) => cpu.load),
    },
    redis: {
      commandsPerSecond: rate(({ redis }) => redis.commands),
      inBytesPerSecond: rate(({ redis }) => redis.in),
      outBytesPerSecond: rate(({ redis }) => redis.out),
      memoryBytes: after.redis.memory,
    },
    refused: after.refused - before.refused,
    storedSeconds: storedWithin(before.stored, after.stored),
  };
}

/** The bound below which 99 in 100 were that came between; null where none did. */
function storedWithin(before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>): number | null {
  const came = Array.from(after, ([bound, count]) => ({ bound, count: count - (before.get(bound) ?? 0) }));
  const all = came.find(({ bound }) => bound === Infinity)?.count ?? 0;
  if (all === 0) return null;
  const bound = came.filter(({ count }) => count >= 0.99 * all).map((one) => one.bound);
  const least = Math.min(...bound);
  return Number.isFinite(least) ? least : 1e9;
}

/** The process of the store among those that this one started. */
export function findStore(program: RegExp): number | undefined {
  return familyOf(process.pid).find((pid) => program.test(readFileSync(`/proc/${pid}/comm`, "utf8")));
}
