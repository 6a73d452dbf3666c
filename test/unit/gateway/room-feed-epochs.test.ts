import { describe, expect, test } from "vitest";
import { entries, entry, setUp } from "./room-feed-rig.ts";

describe("when the epoch rises", () => {
  test("and nothing was lost, members notice nothing", async () => {
    const { feed, log, clock, places, resyncs } = setUp();
    log.entries = [...entries(1, 4), ...entries(5, 6, "2")];
    feed.start({ epoch: "1", seq: 3, storedSeq: 0 });
    feed.entry(entry(5, "2"));
    feed.entry(entry(6, "2"));
    await clock.advance(0);
    expect(places()).toEqual(["1:4", "2:5", "2:6"]);
    expect(resyncs).toEqual([]);
  });

  test("and the last entry that members saw is gone, they are told from where", async () => {
    const { feed, log, clock, places, resyncs } = setUp();
    log.entries = [...entries(1, 3), ...entries(6, 7, "2")];
    feed.start({ epoch: "1", seq: 5, storedSeq: 0 });
    feed.entry(entry(6, "2"));
    feed.entry(entry(7, "2"));
    await clock.advance(0);
    expect(resyncs).toEqual([{ from: { epoch: "1", seq: 5 }, reason: "epoch" }]);
    expect(places()).toEqual(["2:6", "2:7"]);
  });

  test("and a seq is given a second time, the second message is not taken for a repeat", async () => {
    const { feed, log, clock, places, resyncs } = setUp();
    log.entries = [...entries(1, 3), ...entries(4, 5, "2")];
    feed.start({ epoch: "1", seq: 5, storedSeq: 0 });
    feed.entry(entry(4, "2"));
    feed.entry(entry(5, "2"));
    await clock.advance(0);
    expect(resyncs).toEqual([{ from: { epoch: "1", seq: 5 }, reason: "epoch" }]);
    expect(places()).toEqual(["2:4", "2:5"]);
  });

  test("and the room is further than the place whose seq was given a second time, members are told of the break", async () => {
    const { feed, log, clock, places, resyncs } = setUp();
    log.entries = [...entries(1, 3), ...entries(4, 8, "2")];
    feed.start({ epoch: "1", seq: 5, storedSeq: 0 });
    for (const { seq } of entries(6, 8, "2")) feed.entry(entry(seq, "2"));
    await clock.advance(0);
    expect(resyncs).toEqual([{ from: { epoch: "1", seq: 5 }, reason: "epoch" }]);
    expect(places()).toEqual(["2:6", "2:7", "2:8"]);
  });

  test("twice, members are told of each break", async () => {
    const { feed, log, clock, resyncs } = setUp();
    feed.start({ epoch: "1", seq: 5, storedSeq: 0 });
    log.entries = [...entries(1, 3), ...entries(4, 6, "2")];
    log.epoch = "2";
    feed.compare();
    await clock.advance(0);
    log.entries = [...entries(1, 3), ...entries(4, 7, "3")];
    log.epoch = "3";
    feed.compare();
    await clock.advance(0);
    expect(resyncs.map(({ reason }) => reason)).toEqual(["epoch", "epoch"]);
    expect(feed.position).toEqual({ epoch: "3", seq: 7 });
  });

  test("while nobody writes, a comparison moves on in silence", async () => {
    const { feed, log, store, clock, delivered, resyncs } = setUp();
    await store.write(entries(1, 3));
    log.entries = entries(3, 3);
    log.epoch = "2";
    feed.start({ epoch: "1", seq: 3, storedSeq: 3 });
    feed.compare();
    await clock.advance(0);
    expect([feed.position, delivered, resyncs]).toEqual([{ epoch: "2", seq: 3 }, [], []]);
    log.entries = [...entries(3, 3), ...entries(4, 4, "2")];
    feed.entry(entry(4, "2"));
    expect(delivered).toMatchObject([{ epoch: "2", seq: 4 }]);
  });
});
