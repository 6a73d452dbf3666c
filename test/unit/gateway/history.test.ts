import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Entry, isShown, type NewEntry } from "../../../src/chat/entry.ts";
import { fold } from "../../../src/chat/fold.ts";
import { type PageQuery, readPage } from "../../../src/gateway/history-page.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";
import type { RangeQuery, ScanQuery, StoreQuery } from "../../../src/write-behind/index.ts";
import { createRig, type Rig } from "./gateway-rig.ts";

/** One thing that happens in a room; targets are taken modulo what is there. */
const step = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ kind: "message" as const }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom("edit" as const, "delete" as const), target: fc.nat(40) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("reaction" as const), target: fc.nat(40), on: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "flush" as const }) },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function change(now: Step, i: number): Partial<NewEntry> | undefined {
  if (now.kind === "message") return { kind: "message", text: `text ${i}` };
  if (now.kind === "flush") return undefined;
  const target = 1 + (now.target % (i + 1));
  if (now.kind === "reaction") return { kind: "reaction", target, emoji: "👍", on: now.on };
  return { kind: now.kind, target, ...(now.kind === "edit" ? { text: `edit ${i}` } : {}) };
}

/** Plays the steps and returns what a reader should see: everything folded over everything. */
async function play(rig: Rig, steps: readonly Step[]): Promise<Entry[]> {
  let count = 0;
  for (const now of steps) {
    const more = change(now, count);
    if (more === undefined) await rig.flush();
    else await rig.append("r", `m${++count}`, more);
  }
  const fromLog = await rig.log.range("r", { after: 0, limit: 10_000 });
  const fromStore = await rig.store.range("r", { after: 0, limit: 10_000, keep: "oldest", kinds: "all" });
  const all = [...new Map([...fromLog, ...fromStore].map((entry) => [entry.seq, entry])).values()];
  const ascending = all.sort((a, b) => a.seq - b.seq);
  return fold(ascending, ascending).filter(isShown);
}

test("pages over log and store, in either direction, show each message once with every change folded in", async () => {
  const scenario = fc.record({
    steps: fc.array(step, { maxLength: 60 }),
    tail: fc.integer({ min: 0, max: 10 }),
    limit: fc.integer({ min: 1, max: 9 }),
    forward: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(scenario, async ({ steps, tail, limit, forward }) => {
      const rig = createRig({ tail, limits: { userRate: { ratePerSecond: 1e6, burst: 1e6 } } });
      const expected = await play(rig, steps);
      const alice = rig.open("alice");
      await alice.ask("room:join", { room: "r" });
      const seen: Entry[] = [];
      for (let more = true, place: object = forward ? { after: 0 } : {}; more; ) {
        const page = await alice.ask("history:get", { room: "r", limit, ...place });
        if (page?.ok !== true) throw new Error("refused");
        expect(page.entries.length).toBeLessThanOrEqual(limit);
        if (forward) seen.push(...page.entries);
        else seen.unshift(...page.entries);
        place = forward ? { after: seen.at(-1)?.seq } : { before: seen[0]?.seq };
        more = page.more;
      }
      expect(seen).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});

test("a first page that lies in the log costs no read of the store", async () => {
  const rig = createRig();
  for (let i = 1; i <= 30; i++) await rig.append("r", `m${i}`);
  await rig.flush();
  rig.store.range = () => Promise.reject(new Error("asked"));
  const alice = rig.open("alice");
  expect(await alice.ask("room:join", { room: "r", limit: 10 })).toMatchObject({ ok: true });
  expect(await alice.ask("history:get", { room: "r", limit: 10 })).toMatchObject({ ok: true, more: true });
});

test("many who ask for the same page at the same time cost one read, and different pages wait their turn", async () => {
  const rig = createRig({ tail: 0, limits: { storeReads: 2 } });
  for (let i = 1; i <= 30; i++) await rig.append("r", `m${i}`);
  await rig.flush();
  const clients = Array.from({ length: 20 }, (_, i) => rig.open(`user${i}`));
  for (const client of clients) await client.ask("room:join", { room: "r" });
  const range = rig.store.range.bind(rig.store);
  let reads = 0;
  let running = 0;
  let most = 0;
  rig.store.range = async (room, query) => {
    reads += 1;
    most = Math.max(most, ++running);
    await rig.clock.sleep(10);
    running -= 1;
    return range(room, query);
  };
  const asks = clients.map((client, i) => client.ask("history:get", { room: "r", before: 30 - (i % 5), limit: 5 }));
  for (let i = 0; i < 10; i++) await rig.clock.advance(10);
  for (const answer of await Promise.all(asks)) expect(answer).toMatchObject({ ok: true, more: true });
  expect({ reads, most }).toEqual({ reads: 5, most: 2 });
});

test("members that come back to one place of an older epoch cost one read of the store", async () => {
  const rig = createRig();
  await rig.append("r", "m1");
  await rig.flush();
  rig.log.range = () => Promise.resolve([]);
  const range = rig.store.range.bind(rig.store);
  let reads = 0;
  rig.store.range = async (room, query) => {
    if (query.kinds === "all") reads++;
    await rig.clock.sleep(100);
    return range(room, query);
  };
  const after = { epoch: "0", seq: 1 };
  const joins = ["a", "b", "c"].map((user) => rig.open(user).ask("room:join", { room: "r", after }));
  const answers = Promise.all(joins);
  for (let waited = 0; waited < 1_000; waited += 100) await rig.clock.advance(100);
  expect((await answers).map((answer) => answer?.ok)).toEqual([true, true, true]);
  expect(reads).toBe(1);
});

test("while the store hangs its line is bounded, who is not waited for leaves it, and nothing is read for those afterwards", async () => {
  const metrics = createMetrics({ processMetrics: false });
  const rig = createRig({ tail: 0, limits: { storeReads: 1, storeReadsWaiting: 2, requestMs: 1_000 }, metrics });
  const sample = async (name: string) =>
    (await metrics.scrape()).text.split("\n").find((line) => line.startsWith(`${name} `));
  for (let i = 1; i <= 30; i++) await rig.append("r", `m${i}`);
  await rig.flush();
  const ada = rig.open("ada");
  await ada.ask("room:join", { room: "r" });
  const range = rig.store.range.bind(rig.store);
  let reads = 0;
  rig.store.range = async (room, query) => {
    reads += 1;
    await rig.clock.sleep(5_000);
    return range(room, query);
  };
  const page = (before: number) => ada.ask("history:get", { room: "r", before, limit: 5 });
  const waiting = [30, 29, 28].map(page);
  await rig.clock.advance(1);
  expect(await sample("weir_history_store_waiting")).toBe("weir_history_store_waiting 2");
  expect(await page(27)).toMatchObject({ error: { code: "OVERLOADED", retryAfterMs: 2_000 } });
  expect(await sample('weir_cap_reached_total{cap="store_reads_waiting"}')).toMatch(/ 1$/);
  await rig.clock.advance(1_000);
  for (const answer of await Promise.all(waiting)) expect(answer).toMatchObject({ error: { code: "TIMEOUT" } });
  expect(await sample("weir_history_store_waiting")).toBe("weir_history_store_waiting 0");
  await rig.clock.advance(10_000);
  expect(reads).toBe(1);
  rig.store.range = range;
  expect(await page(30)).toMatchObject({ ok: true });
});

test("a hole that a lost tail left hides nothing of what lies before it, stored or not", async () => {
  const message = (seq: number, epoch: string): Entry => ({
    kind: "message",
    room: "r",
    epoch,
    seq,
    id: `m${seq}`,
    from: { id: "a" },
    at: seq,
    text: "x",
  });
  const stored = [1, 2, 3].map((seq) => message(seq, "1"));
  const inLog = [...[3, 4, 5].map((seq) => message(seq, "1")), ...[9, 10].map((seq) => message(seq, "2"))];
  const within = (all: readonly Entry[], { after, before = Infinity, limit }: RangeQuery): Entry[] =>
    all.filter(({ seq }) => seq > after && seq < before).slice(-limit);
  const sources = {
    head: () => Promise.resolve({ epoch: "2", seq: 10, storedSeq: 3 }),
    scan: ({ entries, ...query }: ScanQuery) =>
      Promise.resolve(within(inLog, { ...query, limit: Math.min(query.limit, entries) })),
    changes: () => Promise.resolve([]),
    store: (query: StoreQuery) => Promise.resolve(within(stored, query)),
  };
  const seqs = async (query: PageQuery): Promise<number[]> =>
    (await readPage(sources, query)).entries.map(({ seq }) => seq);
  expect(await seqs({ limit: 10 })).toEqual([1, 2, 3, 4, 5, 9, 10]);
  expect(await seqs({ limit: 4 })).toEqual([4, 5, 9, 10]);
  expect(await seqs({ before: 9, limit: 3 })).toEqual([3, 4, 5]);
  expect(await seqs({ before: 5, limit: 2 })).toEqual([3, 4]);
});

describe("a page of which changes were stored while it was read", () => {
  const target: Entry = {
    kind: "message",
    room: "r",
    epoch: "1",
    seq: 1,
    id: "m",
    from: { id: "a" },
    at: 1,
    text: "x",
  };
  const edit: Entry = { ...target, kind: "edit", seq: 2, id: "e", target: 1, text: "y" };
  /** A log that has let go of the edit in so many reads. */
  const sourcesGone = (times: number) => {
    let reads = 0;
    return {
      head: () => Promise.resolve({ epoch: "1", seq: 2, storedSeq: reads === times ? 2 : 1 }),
      scan: () => Promise.resolve([]),
      changes: () => Promise.resolve(reads++ < times ? undefined : [edit]),
      store: () => Promise.resolve([reads === times ? { ...target, text: "y" } : target]),
    };
  };

  test("is read again, so that none of them is missing", async () => {
    const { entries } = await readPage(sourcesGone(2), { after: 0, before: 2, limit: 1 });
    expect(entries).toMatchObject([{ seq: 1, text: "y" }]);
  });

  test("is refused where that happens with every read", async () => {
    const page = readPage(sourcesGone(1_000), { after: 0, before: 2, limit: 1 });
    await expect(page).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
  });
});
