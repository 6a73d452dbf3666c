import { describe, expect, test } from "vitest";
import { documentOf } from "../../../src/chat/room-policy.ts";
import { ChatError } from "../../../src/protocol/errors.ts";
import type { LogDrainer } from "../../../src/write-behind/index.ts";
import { wrapDrainer } from "../../harness/wrap-drainer.ts";
import { FlusherRig, lingerMs, span } from "./flusher-rig.ts";
import type { Mishap } from "./scripted-store.ts";

const running = (): AbortController => new AbortController();

describe("a flusher that leads", () => {
  test("stores what is buffered in all partitions, then trims it", async () => {
    const rig = new FlusherRig(4);
    for (const room of ["a", "b", "c", "d", "e"]) await rig.fill(50, room);
    const term = running();
    const led = rig.flusher().lead(1, term.signal);
    await rig.clock.advance(lingerMs);
    for (const room of ["a", "b", "c", "d", "e"]) expect(rig.store.seqs(room)).toEqual(span(1, 50));
    expect(await rig.buffered()).toBe(0);
    expect(await rig.log.head("a")).toMatchObject({ seq: 50, storedSeq: 50 });
    term.abort();
    await led;
  });

  test("goes on batch after batch without a pause while there is more, and pauses when there is not", async () => {
    const rig = new FlusherRig();
    await rig.fill(2_500);
    const term = running();
    const led = rig.flusher().lead(1, term.signal);
    await rig.clock.advance(0);
    expect(rig.store.batches).toEqual([1_000, 1_000, 500]);
    await rig.fill(10, "s");
    await rig.clock.advance(lingerMs - 1);
    expect(rig.store.batches).toHaveLength(3);
    await rig.clock.advance(1);
    expect(rig.store.batches).toEqual([1_000, 1_000, 500, 10]);
    term.abort();
    await led;
  });

  test.each<Mishap[][]>([
    [["unavailable", "unavailable", "unavailable"]],
    [["partial"]],
    [["reply-lost"]],
    [["reply-lost", "partial", "unavailable", "reply-lost"]],
  ])("loses nothing and puts nothing aside when the store answers with %j", async (mishaps) => {
    const rig = new FlusherRig();
    await rig.fill(300);
    rig.store.mishaps.push(...mishaps);
    const term = running();
    const led = rig.flusher().lead(1, term.signal);
    await rig.clock.advance(0);
    expect(await rig.buffered()).toBe(300);
    await rig.clock.advance(10_000);
    expect(rig.store.seqs("r")).toEqual(span(1, 300));
    expect(await rig.buffered()).toBe(0);
    expect(await rig.log.deadLetters(0, 10)).toEqual([]);
    expect(await rig.sample("weir_flush_retries_total")).toBe(String(mishaps.length));
    term.abort();
    await led;
  });

  test("makes batches smaller while the store fails, and larger again once it does not", async () => {
    const rig = new FlusherRig();
    await rig.fill(3_000);
    rig.store.mishaps.push(...Array.from({ length: 6 }, () => "unavailable" as const));
    const term = running();
    const led = rig.flusher().lead(1, term.signal);
    await rig.clock.advance(60_000);
    expect(rig.store.batches).toEqual([1_000, 500, 250, 125, 62, 50, 50, 100, 200, 400, 800, 1_000, 450]);
    expect(await rig.buffered()).toBe(0);
    term.abort();
    await led;
  });

  test("never has more batches under way than it may", async () => {
    const rig = new FlusherRig(16);
    for (const i of span(1, 200)) await rig.fill(1, `room-${i}`);
    rig.store.writeMs = 20;
    const term = running();
    const led = rig.flusher({ concurrency: 3 }).lead(1, term.signal);
    await rig.clock.advance(5_000);
    expect(rig.store.mostAtOnce).toBe(3);
    expect(await rig.buffered()).toBe(0);
    term.abort();
    await led;
  });

  test("finishes the batch it is at when told to stop, and begins no other", async () => {
    const rig = new FlusherRig();
    await rig.fill(1_500);
    rig.store.writeMs = 1_000;
    const term = running();
    let over = false;
    const led = rig
      .flusher()
      .lead(1, term.signal)
      .then(() => (over = true));
    await rig.clock.advance(500);
    term.abort();
    await rig.clock.advance(400);
    expect(over).toBe(false);
    await rig.clock.advance(200);
    await led;
    expect(await rig.buffered()).toBe(500);
    expect(rig.store.seqs("r")).toEqual(span(1, 1_000));
  });

  test("stops at once when it is waiting to try again", async () => {
    const rig = new FlusherRig();
    await rig.fill(1);
    rig.store.mishaps.push("unavailable");
    const term = running();
    const led = rig.flusher().lead(1, term.signal);
    await rig.clock.advance(1);
    term.abort();
    await led;
    expect(await rig.buffered()).toBe(1);
  });

  test("tries again when the log can't be read or trimmed", async () => {
    const rig = new FlusherRig();
    await rig.fill(20);
    const term = running();
    const led = rig.flusher({ drainer: failingFirst(rig.log) }).lead(1, term.signal);
    await rig.clock.advance(3_000);
    expect(await rig.buffered()).toBe(0);
    expect(rig.store.seqs("r")).toEqual(span(1, 20));
    term.abort();
    await led;
  });

  test("measures depth at each scrape, and keeps quiet when the log can't say", async () => {
    const rig = new FlusherRig(2);
    await rig.fill(5);
    rig.flusher({ drainer: failingFirst(rig.log) });
    await rig.clock.advance(3_000);
    expect(await rig.sample("weir_buffer_entries")).toBe("0");
    expect(await rig.sample("weir_buffer_entries")).toBe("5");
    expect(await rig.sample("weir_buffer_oldest_seconds")).toBe("3");
  });

  test("deletes what gateways sent through themselves after an hour, also where everything else is kept", async () => {
    const rig = new FlusherRig();
    const term = running();
    const led = rig.flusher().lead(1, term.signal);
    await rig.clock.advance(61_000);
    const now = 1_700_000_000_000;
    expect(rig.store.canaryExpired).toEqual([now - 3_600_000, now + 60_000 - 3_600_000]);
    expect(rig.store.expired).toEqual([]);
    term.abort();
    await led;
  });

  test("deletes what is past its retention page by page, and looks again later", async () => {
    const rig = new FlusherRig();
    rig.store.expirable = 1_200;
    const term = running();
    const led = rig.flusher({ retentionMs: 3_600_000 }).lead(1, term.signal);
    await rig.clock.advance(5_000);
    expect(rig.store.expired).toHaveLength(3);
    expect(rig.store.expired[0]?.before).toBe(1_700_000_000_000 - 3_600_000);
    await rig.clock.advance(60_000);
    expect(rig.store.expired).toHaveLength(4);
    term.abort();
    await led;
  });
});

describe("rooms with a retention of their own", () => {
  const policies = {
    rules: documentOf([
      { name: "short", createdAt: 0, spec: { rooms: ["short:*"], retentionSeconds: 60 } },
      { name: "kept", createdAt: 0, spec: { rooms: ["kept"], retentionSeconds: 0 } },
    ]).rules,
  };

  test("are swept one by one: by their policy, by the deployment's age, or not at all", async () => {
    const rig = new FlusherRig();
    rig.store.roomNames.push("kept", "other", "short:1");
    const term = running();
    const led = rig.flusher({ retentionMs: 3_600_000, policies }).lead(1, term.signal);
    await rig.clock.advance(0);
    const now = 1_700_000_000_000;
    expect(rig.store.expired).toEqual([
      { before: now - 3_600_000, limit: 500, room: "other" },
      { before: now - 60_000, limit: 500, room: "short:1" },
    ]);
    await rig.clock.advance(62_000);
    expect(rig.store.expired).toHaveLength(4);
    term.abort();
    await led;
  });

  test("are found when a policy comes later, and are paced however many there are", async () => {
    const rig = new FlusherRig();
    rig.store.roomNames.push(...Array.from({ length: 450 }, (_, i) => `short:${1_000 + i}`));
    const changing = { rules: documentOf([]).rules };
    const term = running();
    const led = rig.flusher({ policies: changing }).lead(1, term.signal);
    await rig.clock.advance(30_000);
    expect(rig.store.expired).toEqual([]);
    changing.rules = policies.rules;
    await rig.clock.advance(30_000);
    expect(rig.store.expired).toHaveLength(200);
    await rig.clock.advance(2_000);
    expect(new Set(rig.store.expired.map(({ room }) => room)).size).toBe(450);
    term.abort();
    await led;
  });
});

test("a store that can't delete does not keep a flusher from flushing", async () => {
  const rig = new FlusherRig();
  await rig.fill(3);
  rig.store.expire = () => Promise.reject(new Error("no"));
  const term = running();
  const led = rig.flusher({ retentionMs: 1_000 }).lead(1, term.signal);
  await rig.clock.advance(120_000);
  expect(rig.store.seqs("r")).toEqual([1, 2, 3]);
  term.abort();
  await led;
});

describe("two flushers at once", () => {
  test("the later leader ends the earlier one's term, and nothing is lost or trimmed unstored", async () => {
    const rig = new FlusherRig();
    await rig.fill(3_000);
    rig.store.writeMs = 50;
    const [first, second] = [running(), running()];
    const stale = rig.flusher().lead(1, first.signal);
    await rig.clock.advance(75);
    const fresh = rig.flusher().lead(2, second.signal);
    await rig.clock.advance(1_000);
    await stale;
    expect(first.signal.aborted).toBe(false);
    expect(rig.store.seqs("r")).toEqual(span(1, 3_000));
    expect(await rig.buffered()).toBe(0);
    expect(await rig.sample("weir_fenced_trims_total")).toBe("1");
    second.abort();
    await fresh;
  });

  test("a leader that slept through its term wakes up, trims nothing, and ends", async () => {
    const rig = new FlusherRig();
    await rig.fill(10);
    const asleep = pausable(rig.log);
    const stale = rig.flusher({ drainer: asleep.drainer }).lead(1, running().signal);
    await rig.clock.advance(10);
    const term = running();
    const fresh = rig.flusher().lead(2, term.signal);
    await rig.clock.advance(10);
    await rig.fill(5, "later");
    asleep.wake();
    await stale;
    expect(await rig.buffered()).toBe(5);
    term.abort();
    await fresh;
  });

  test("a leader whose token was overtaken before it began touches nothing", async () => {
    const rig = new FlusherRig(3);
    await rig.fill(5);
    await rig.log.raiseFence(2, 9);
    await rig.flusher().lead(8, running().signal);
    expect(rig.store.batches).toEqual([]);
    expect(await rig.buffered()).toBe(5);
  });

  test("a term that is over before the fence is up ends without work", async () => {
    const rig = new FlusherRig();
    await rig.flusher().lead(1, AbortSignal.abort());
    expect(await rig.log.raiseFence(0, 0)).toBe(true);
  });
});

/** The log, failing the first call of each kind of method that a flusher uses. */
function failingFirst(log: LogDrainer): LogDrainer {
  const failed = new Set<string>();
  const firstFails = async <T>(name: string, call: () => Promise<T>): Promise<T> => {
    if (failed.has(name)) return call();
    failed.add(name);
    throw new ChatError("UNAVAILABLE", "the log is away");
  };
  return wrapDrainer(log, {
    raiseFence: (partition, token) => firstFails("raiseFence", () => log.raiseFence(partition, token)),
    read: (partition, limit) => firstFails("read", () => log.read(partition, limit)),
    trim: (trim) => firstFails("trim", () => log.trim(trim)),
    depth: (partition) => firstFails("depth", () => log.depth(partition)),
  });
}

/** The log as seen by a process that is stopped between its write and its trim. */
function pausable(log: LogDrainer): { readonly drainer: LogDrainer; wake(): void } {
  const awake = Promise.withResolvers<void>();
  const drainer = wrapDrainer(log, { trim: (trim) => awake.promise.then(() => log.trim(trim)) });
  return { drainer, wake: () => awake.resolve() };
}
