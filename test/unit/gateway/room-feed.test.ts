import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Entry } from "../../../src/chat/entry.ts";
import type { Position } from "../../../src/chat/position.ts";
import { entries, entry, setUp } from "./room-feed-rig.ts";

describe("within an epoch", () => {
  test("however publication loses, repeats and shuffles, delivery is the log, in order and once", async () => {
    const publication = fc.integer({ min: 1, max: 60 }).chain((total) =>
      fc.record({
        total: fc.constant(total),
        inLog: fc.integer({ min: 0, max: total }),
        published: fc.array(fc.integer({ min: 1, max: total }), { maxLength: 150 }),
        heldEntries: fc.integer({ min: 1, max: 8 }),
        fillPage: fc.integer({ min: 1, max: 7 }),
        failures: fc.integer({ min: 0, max: 3 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(publication, async ({ total, inLog, published, heldEntries, fillPage, failures }) => {
        const { log, store, feed, clock, places, resyncs } = setUp({ heldEntries, fillPage });
        const all = entries(1, total);
        await store.write(all.slice(0, total - inLog));
        log.entries = all.slice(total - inLog);
        log.failures = failures;
        feed.start({ epoch: "1", seq: 0, storedSeq: 0 });
        for (const [i, seq] of published.entries()) {
          feed.entry(entry(seq));
          if (i % 5 === 0) await Promise.resolve();
        }
        log.entries = all.slice(Math.min(total - inLog, total - 1));
        feed.compare();
        await clock.advance(2_000);
        expect(places()).toEqual(all.map(({ epoch, seq }) => `${epoch}:${seq}`));
        expect(resyncs).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  test("what arrives before the start waits for it", async () => {
    const { feed, clock, places } = setUp();
    feed.entry(entry(3));
    feed.entry(entry(4));
    feed.start({ epoch: "1", seq: 3, storedSeq: 0 });
    await clock.advance(0);
    expect(places()).toEqual(["1:4"]);
  });

  test("an older entry is dropped and counted", async () => {
    const { feed, metrics, delivered } = setUp();
    feed.start({ epoch: "1", seq: 5, storedSeq: 0 });
    feed.entry(entry(4));
    feed.entry(entry(5));
    expect(delivered).toEqual([]);
    expect((await metrics.scrape()).text).toContain("weir_feed_stale_total 2");
  });

  test("more than may be held is dropped, counted, and read again from the log", async () => {
    const { feed, log, metrics, clock, places } = setUp({ heldEntries: 2 });
    log.entries = entries(1, 5);
    log.failures = 1;
    feed.start({ epoch: "1", seq: 0, storedSeq: 0 });
    for (const seq of [3, 4, 5]) feed.entry(entry(seq));
    expect((await metrics.scrape()).text).toContain('weir_cap_reached_total{cap="held_entries"} 1');
    await clock.advance(1_000);
    expect(places()).toEqual(["1:1", "1:2", "1:3", "1:4", "1:5"]);
  });

  test("a log that can't be read is asked again, later and later, and what comes meanwhile waits", async () => {
    const { feed, log, clock, places } = setUp();
    log.entries = entries(1, 5);
    log.failures = 4;
    feed.start({ epoch: "1", seq: 0, storedSeq: 0 });
    feed.entry(entry(3));
    feed.entry(entry(4));
    await clock.advance(5);
    expect(places()).toEqual([]);
    feed.entry(entry(5));
    await clock.advance(1_000);
    expect(places()).toEqual(["1:1", "1:2", "1:3", "1:4", "1:5"]);
  });

  test("a hole that history has too is declared once, and delivery goes on behind it", async () => {
    const { feed, log, clock, places, resyncs } = setUp();
    log.entries = [...entries(1, 2), ...entries(6, 8)];
    feed.start({ epoch: "1", seq: 2, storedSeq: 0 });
    feed.entry(entry(7));
    feed.entry(entry(8));
    await clock.advance(0);
    expect(resyncs).toEqual([{ from: { epoch: "1", seq: 2 }, reason: "behind" }]);
    expect(places()).toEqual(["1:6", "1:7", "1:8"]);
  });

  test("a closed feed stops trying", async () => {
    const { feed, log, clock, places } = setUp();
    log.entries = entries(1, 5);
    log.failures = 1_000;
    feed.start({ epoch: "1", seq: 0, storedSeq: 0 });
    feed.entry(entry(5));
    await clock.advance(100);
    feed.close();
    await clock.advance(200);
    const { failures } = log;
    await clock.advance(10_000);
    expect([log.failures, places()]).toEqual([failures, []]);
  });
});

function at(seq: number, epoch = "1"): Position {
  return { epoch, seq };
}

describe("the stored mark", () => {
  test("rises, is told on, and lets go of those who wait for it", async () => {
    const { feed, stored } = setUp();
    feed.start({ epoch: "1", seq: 9, storedSeq: 2 });
    const { signal } = new AbortController();
    await feed.whenStored(at(2), signal);
    const waiting = feed.whenStored(at(5), signal);
    for (const seq of [4, 3, 6]) feed.stored(at(seq));
    expect(await waiting).toEqual({ mark: at(6), entry: "unknown" });
    expect(stored).toEqual([at(2), at(4), at(6)]);
  });

  test("says what became of an entry of its batch, and nothing of one before it or of an older epoch", async () => {
    const { feed } = setUp();
    feed.start({ epoch: "1", seq: 9, storedSeq: 2 });
    const { signal } = new AbortController();
    const waits = [at(3), at(4), at(5), at(5, "0")].map((place) => feed.whenStored(place, signal));
    feed.stored(at(5), { after: 3, putAside: [3, 5] });
    const outcomes = (await Promise.all(waits)).map(({ entry: outcome }) => outcome);
    expect(outcomes).toEqual(["unknown", "stored", "put aside", "unknown"]);
    expect(await feed.whenStored(at(4), signal)).toMatchObject({ entry: "unknown" });
  });

  test("of a later epoch lets go of those who wait for an older one, and names itself, once it is as far", async () => {
    const { feed, stored } = setUp();
    feed.start({ epoch: "1", seq: 9, storedSeq: 8 });
    const { signal } = new AbortController();
    const waiting = feed.whenStored(at(9), signal);
    feed.stored(at(5, "2"));
    feed.stored(at(9, "1"));
    const later = feed.whenStored(at(7), signal);
    feed.stored(at(8, "2"));
    feed.stored(at(9, "2"));
    expect([(await waiting).mark, (await later).mark]).toEqual([at(9, "2"), at(8, "2")]);
    expect(stored).toEqual([at(8), at(5, "2"), at(8, "2"), at(9, "2")]);
  });

  test("a wait ends when its time is over, or the room's", async () => {
    const { feed } = setUp();
    feed.start({ epoch: "1", seq: 9, storedSeq: 0 });
    const abort = new AbortController();
    const waits = [feed.whenStored(at(5), abort.signal), feed.whenStored(at(5), new AbortController().signal)];
    const outcomes = Promise.allSettled(waits);
    abort.abort();
    feed.close();
    expect(await outcomes).toMatchObject([{ reason: { code: "TIMEOUT" } }, { reason: { code: "UNAVAILABLE" } }]);
  });
});

describe("texts that are deleted meanwhile", () => {
  const secret: Entry = { ...entry(3), text: "secret" };
  const deleted: Entry = { ...entry(4), kind: "delete", target: 3 };
  const { text: _text, ...erased } = secret;

  test("are not delivered from what is held, when publications were missed", async () => {
    const { clock, log, feed, delivered } = setUp();
    feed.start({ epoch: "1", seq: 1, storedSeq: 0 });
    log.failures = 1;
    feed.entry(secret);
    log.entries = [entry(1), entry(2), erased, deleted];
    feed.compare();
    await clock.advance(1_000);
    expect(delivered.map(({ seq }) => seq)).toEqual([2, 3, 4]);
    expect(JSON.stringify(delivered)).not.toContain("secret");
  });
});
