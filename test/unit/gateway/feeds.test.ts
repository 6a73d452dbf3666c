import { expect, test } from "vitest";
import { MemoryMessageStore } from "../../../src/adapters/memory/memory-message-store.ts";
import type { Entry } from "../../../src/chat/entry.ts";
import { createLiveRoom } from "../../../src/gateway/create-live-room.ts";
import { Feeds } from "../../../src/gateway/feeds.ts";
import { defaultGatewayLimits } from "../../../src/gateway/gateway-limits.ts";
import { RoomHistory } from "../../../src/gateway/room-history.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { ChatError } from "../../../src/protocol/errors.ts";
import type { Pushes } from "../../../src/protocol/messages.ts";
import { silentLogger } from "../../../src/telemetry/logger.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";
import type { FeedListener, LogFeed } from "../../../src/write-behind/index.ts";

/** A feed whose subscriptions take as long as the test says. One subscription a room, as at Redis. */
class SlowFeed implements LogFeed {
  readonly listeners = new Map<string, FeedListener>();
  readonly calls: string[] = [];
  subscribeMs = 0;
  refusals = 0;
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  async subscribe(room: string, listener: FeedListener): Promise<void> {
    this.calls.push("subscribe");
    await this.#clock.sleep(this.subscribeMs);
    if (this.refusals-- > 0) throw new ChatError("UNAVAILABLE", "scripted");
    this.listeners.set(room, listener);
  }

  async unsubscribe(room: string): Promise<void> {
    this.calls.push("unsubscribe");
    await this.#clock.sleep(10);
    this.listeners.delete(room);
  }

  onInterruption(): void {}
}

function setUp() {
  const clock = new ManualClock();
  const feed = new SlowFeed(clock);
  const metrics = createMetrics({ processMetrics: false });
  const base = { clock, metrics, logger: silentLogger, limits: defaultGatewayLimits, random: () => 0.5 };
  const delivered: Entry[] = [];
  const head = () => Promise.resolve({ epoch: "1", seq: 0, storedSeq: 0 });
  const log = {
    head,
    range: () => Promise.resolve([]),
    scan: () => Promise.resolve([]),
    changes: () => Promise.resolve([]),
  };
  const history = new RoomHistory({ ...base, log, store: new MemoryMessageStore() });
  const broadcaster = {
    local: (_room: string, event: string, payload: object) =>
      void (isMessages(event, payload) && delivered.push(...payload.entries)),
    everywhere: () => undefined,
  };
  const feeds = new Feeds({
    ...base,
    feed,
    head,
    create: createLiveRoom({ ...base, broadcaster, history, head }),
    graceMs: 1_000,
  });
  return { clock, feed, feeds, delivered };
}

function isMessages(event: string, payload: object): payload is Pushes["messages"] {
  return event === "messages" && "entries" in payload;
}

const first: Entry = { kind: "message", room: "r", epoch: "1", seq: 1, id: "m", from: { id: "a" }, at: 1, text: "x" };

test("a room that is joined again while its unsubscription waits for a slow first subscription is heard", async () => {
  const { clock, feed, feeds, delivered } = setUp();
  feed.subscribeMs = 5_000;
  const early = feeds.acquire("r");
  feeds.release("r");
  await clock.advance(1_500);
  expect(feeds.rooms).toEqual([]);
  feed.subscribeMs = 0;
  const again = feeds.acquire("r");
  await clock.advance(10_000);
  await Promise.all([early, again]);
  expect(feed.calls).toEqual(["subscribe", "unsubscribe", "subscribe"]);
  feed.listeners.get("r")?.entry(first);
  await clock.advance(20);
  expect(delivered).toMatchObject([{ id: "m" }]);
});

test("a room whose subscription failed can be joined again, and is heard then", async () => {
  const { clock, feed, feeds, delivered } = setUp();
  feed.refusals = 1;
  const refused = feeds.acquire("r").catch((error: unknown) => error);
  await clock.advance(0);
  expect(await refused).toMatchObject({ code: "UNAVAILABLE" });
  const again = feeds.acquire("r");
  await clock.advance(1_000);
  await again;
  feed.listeners.get("r")?.entry(first);
  await clock.advance(20);
  expect(delivered).toMatchObject([{ id: "m" }]);
});

test("a room without members stays subscribed for its grace time, and one that comes back within it starts the time anew", async () => {
  const { clock, feed, feeds } = setUp();
  for (let i = 0; i < 2; i++) {
    const acquired = feeds.acquire("r");
    await clock.advance(0);
    await acquired;
    feeds.release("r");
    await clock.advance(999);
    expect(feeds.rooms).toEqual(["r"]);
  }
  await clock.advance(1);
  expect(feeds.rooms).toEqual([]);
  expect(feed.calls).toEqual(["subscribe", "unsubscribe"]);
});

test("a room stays open while it has members, however many have left", async () => {
  const { clock, feeds } = setUp();
  const members = [feeds.acquire("r"), feeds.acquire("r"), feeds.acquire("r")];
  await clock.advance(0);
  await Promise.all(members);
  for (let i = 0; i < 2; i++) {
    feeds.release("r");
    await clock.advance(10_000);
    expect(feeds.rooms).toEqual(["r"]);
  }
  feeds.release("r");
  await clock.advance(1_000);
  expect(feeds.rooms).toEqual([]);
});
