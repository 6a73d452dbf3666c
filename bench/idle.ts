import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import type { Contender } from "./contenders.ts";
import { joinAsMember } from "./member.ts";
import type { Row } from "./table.ts";

/** At a time: more would measure the handshake queue. */
const together = 50;
/** For the garbage of the handshakes to go, ms. */
const settleMs = 8_000;

/** Kilobytes of memory that a process has in RAM. */
function residentKib(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kib);
}

async function growth(contender: Contender, counts: readonly number[]): Promise<number[]> {
  const before = residentKib(contender.pid);
  const sockets: { terminate(): void; removeAllListeners(): unknown }[] = [];
  const figures: number[] = [];
  for (const count of counts) {
    while (sockets.length < count) {
      const from = sockets.length;
      const batch = Array.from({ length: Math.min(together, count - from) }, (_, i) => from + i);
      const joined = await Promise.all(
        batch.map(async (n) => joinAsMember(contender.port, await contender.dialect(n))),
      );
      sockets.push(...joined.map(({ socket }) => socket));
    }
    await wait(settleMs);
    figures.push((residentKib(contender.pid) - before) / count);
  }
  for (const socket of sockets) {
    socket.removeAllListeners();
    socket.terminate();
  }
  return figures;
}

/** Memory of the server process by idle connection, at each of the counts. One after the other, each on a fresh server. */
export async function benchIdle(contenders: readonly Contender[], counts: readonly number[]): Promise<Row[]> {
  const rows: Row[] = [];
  let reference: readonly number[] = [];
  for (const contender of contenders) {
    const figures = await growth(contender, counts);
    if (reference.length === 0) reference = figures;
    rows.push({
      label: contender.name,
      values: figures.flatMap((figure, i) => [figure, `${(figure / (reference[i] ?? Number.NaN)).toFixed(2)}x`]),
    });
  }
  return rows;
}
