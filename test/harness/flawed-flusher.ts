/*
 * A flusher with a bug planted in it, to see whether the checker finds what it does. Started like `bin/weir.js flusher`; FLAW says
 * which bug. It is the real role, with one port replaced by a wrong one.
 */
import { appendFileSync, writeFileSync } from "node:fs";
import { loadEnvironment } from "../../src/config/index.ts";
import { type Backends, createBackends } from "../../src/roles/backends.ts";
import { composeFlusher } from "../../src/roles/flusher.ts";
import { runRole } from "../../src/roles/run-role.ts";
import type { LogDrainer, MessageStore } from "../../src/write-behind/index.ts";
import { type Flaw, stoppedPidFile, type TrimRecord } from "./flaws.ts";
import { until } from "./until.ts";
import { wrapDrainer } from "./wrap-drainer.ts";

/** Higher than every token: the fence lets it through always. */
const highestToken = Number.MAX_SAFE_INTEGER;

/** Trims what it read before it wrote it. */
function trimBeforeWrite(log: LogDrainer): LogDrainer {
  const token = 1;
  return wrapDrainer(log, {
    raiseFence: () => Promise.resolve(true),
    read: async (partition, limit) => {
      const read = await log.read(partition, limit);
      const upTo = read.at(-1)?.cursor;
      if (upTo !== undefined) await log.trim({ partition, token, upTo, rooms: [] });
      return read;
    },
    trim: () => Promise.resolve(true),
  });
}

/** Shows a token that no fence refuses. */
function noFence(log: LogDrainer): LogDrainer {
  return wrapDrainer(log, {
    raiseFence: () => Promise.resolve(true),
    trim: (trim) => log.trim({ ...trim, token: highestToken }),
  });
}

/** Takes every duplicate key for its own earlier write. */
function ignoreDuplicates(store: MessageStore): MessageStore {
  return {
    write: async (entries) => (await store.write(entries)).filter(({ reason }) => reason !== "conflict"),
    hold: (place) => store.hold(place),
    closeLost: (places) => store.closeLost(places),
    expire: (before, limit, room) => store.expire(before, limit, room),
    rooms: (after, limit) => store.rooms(after, limit),
    range: (room, query) => store.range(room, query),
    highest: (room) => store.highest(room),
  };
}

/** Notes each trim that went through with the token of its term, and stops the process before one of them where it is told to. */
function recorded(log: LogDrainer, path: string, stopBefore: number): LogDrainer {
  let trims = 0;
  return wrapDrainer(log, {
    trim: async (trim) => {
      trims += 1;
      const stops = trims === stopBefore && isFirst(stoppedPidFile(path));
      if (stops) process.kill(process.pid, "SIGSTOP");
      const done = await (stops ? insistently(() => log.trim(trim)) : log.trim(trim));
      const { partition, token, upTo } = trim;
      const record: TrimRecord = { pid: process.pid, partition, token, upTo };
      if (done) appendFileSync(path, `${JSON.stringify(record)}\n`);
      return done;
    },
  });
}

/** A process that was stopped may find its connection cut, and is no less stale once it has another. */
async function insistently<T>(act: () => Promise<T>): Promise<T> {
  const done = await until(async () => ({ value: await act() }), { within: 10_000, every: 100 });
  return done.value;
}

/** Whether no process was here before: the first leaves its process id. */
function isFirst(marker: string): boolean {
  try {
    writeFileSync(marker, String(process.pid), { flag: "wx" });
    return true;
  } catch {
    return false;
  }
}

const flaws: Readonly<Record<string, (backends: Backends) => Backends>> = {
  none: (backends) => backends,
  "trim-before-write": (backends) => ({ ...backends, drainer: trimBeforeWrite(backends.drainer) }),
  "no-fence": (backends) => ({ ...backends, drainer: noFence(backends.drainer) }),
  "ignore-duplicates": (backends) => ({ ...backends, store: ignoreDuplicates(backends.store) }),
} satisfies Readonly<Record<Flaw, (backends: Backends) => Backends>>;

function spoil(backends: Backends, flaw = "none"): Backends {
  const to = flaws[flaw];
  if (to === undefined) throw new Error(`no flaw ${flaw}`);
  return to(backends);
}

await runRole("flusher", loadEnvironment(), async (runtime) => {
  const { FLAW, TRIM_JOURNAL, STOP_BEFORE_TRIM } = process.env;
  const spoilt = spoil(createBackends(runtime), FLAW);
  const drainer =
    TRIM_JOURNAL === undefined ? spoilt.drainer : recorded(spoilt.drainer, TRIM_JOURNAL, Number(STOP_BEFORE_TRIM ?? 0));
  return [...spoilt.services, spoilt.leadership(composeFlusher(runtime, { ...spoilt, drainer }))];
});
