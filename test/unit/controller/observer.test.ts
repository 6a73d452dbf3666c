import { describe, expect, test } from "vitest";
import { LeaderWatch } from "../../../src/controller/platform/leader-watch.ts";
import { observe, type Sources } from "../../../src/controller/platform/observer.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import type { LeaseRecord } from "../../../src/leadership/lease.ts";

const gone = (): Promise<never> => Promise.reject(new Error("away"));
const never = (): Promise<never> => new Promise(() => {});
const pod = {
  metadata: { name: "gw-1" },
  status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
};

function sources(clock: ManualClock, change: Partial<Sources> = {}): Sources {
  return {
    pods: { objects: () => [pod], ageMs: () => 0, onChange: () => {} },
    fleet: { loads: () => Promise.resolve([{ gateway: "gw-1_x", connections: 4 }]) },
    backlog: { backlog: () => Promise.resolve({ entries: 2, oldestAgeMs: 5 }) },
    store: { ping: () => Promise.resolve() },
    flusher: { leader: () => Promise.resolve("flusher-1") },
    clock,
    ...change,
  };
}

describe("observe", () => {
  test("sees everything at once", async () => {
    const seen = await observe(sources(new ManualClock()));
    expect(seen).toMatchObject({ backlog: { entries: 2 }, storeReachable: true, flusher: "flusher-1" });
    expect(seen.pods).toMatchObject([{ name: "gw-1", phase: "ready", connections: 4 }]);
  });

  test("does not know what a source that is away would say, and knows the rest", async () => {
    const clock = new ManualClock();
    const away = {
      fleet: { loads: gone },
      backlog: { backlog: gone },
      store: { ping: gone },
      flusher: { leader: gone },
    };
    const seen = await observe(sources(clock, away));
    expect(seen).toMatchObject({ backlog: undefined, storeReachable: false, flusher: undefined });
    expect(seen.pods).toMatchObject([{ name: "gw-1", phase: "ready", connections: undefined }]);
  });

  test("waits for no source longer than it should", async () => {
    const clock = new ManualClock();
    const looking = observe(sources(clock, { backlog: { backlog: never }, store: { ping: never } }));
    await clock.advance(3_000);
    expect(await looking).toMatchObject({ backlog: undefined, storeReachable: false, flusher: "flusher-1" });
  });

  test.each<[string, Sources["pods"]]>([
    ["has never come", { objects: () => undefined, ageMs: () => 0, onChange: () => {} }],
    ["is old", { objects: () => [pod], ageMs: () => 200_000, onChange: () => {} }],
  ])("has no pods where the view of them %s", async (_how, pods) => {
    expect((await observe(sources(new ManualClock(), { pods }))).pods).toBeUndefined();
  });
});

describe("LeaderWatch", () => {
  const held: LeaseRecord = { holder: "weir-flusher-1_7f", durationMs: 6_000, transitions: 3, version: "1" };

  test("names who leads, without what makes it unique", async () => {
    expect(await new LeaderWatch({ read: () => Promise.resolve(held) }, new ManualClock()).leader()).toBe(
      "weir-flusher-1",
    );
  });

  test("names nobody where the lease was never taken or was given back", async () => {
    const clock = new ManualClock();
    expect(await new LeaderWatch({ read: () => Promise.resolve(undefined) }, clock).leader()).toBe("");
    const released = { ...held, holder: "" };
    expect(await new LeaderWatch({ read: () => Promise.resolve(released) }, clock).leader()).toBe("");
  });

  test("names nobody once it has watched the lease unchanged for its time, and the holder again when it changes", async () => {
    const clock = new ManualClock();
    let record = held;
    const watch = new LeaderWatch({ read: () => Promise.resolve(record) }, clock);
    expect(await watch.leader()).toBe("weir-flusher-1");
    await clock.advance(5_999);
    expect(await watch.leader()).toBe("weir-flusher-1");
    await clock.advance(1);
    expect(await watch.leader()).toBe("");
    record = { ...held, version: "2" };
    expect(await watch.leader()).toBe("weir-flusher-1");
  });
});
