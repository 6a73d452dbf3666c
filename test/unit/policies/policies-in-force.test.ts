import { describe, expect, test } from "vitest";
import { MemoryPolicies } from "../../../src/adapters/memory/memory-policies.ts";
import { documentOf, type PolicyDocument } from "../../../src/chat/room-policy.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { PoliciesInForce, type PolicySource, type PublishedPolicies } from "../../../src/policies/index.ts";
import { silentLogger } from "../../../src/telemetry/logger.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";
import { CountingClock } from "../../harness/counting-clock.ts";

function slow(slowModeSeconds: number, rooms: readonly string[] = ["**"]): PolicyDocument {
  return documentOf([{ name: "slow", createdAt: 0, spec: { rooms, slowModeSeconds } }]);
}

/** A source that says what it is told to, and remembers what it was asked. */
class ScriptedSource implements PolicySource {
  readonly asked: number[] = [];
  published: PublishedPolicies | Error | undefined;
  tell: () => void = () => {};

  read(after: number): Promise<PublishedPolicies | undefined> {
    this.asked.push(after);
    return this.published instanceof Error ? Promise.reject(this.published) : Promise.resolve(this.published);
  }

  onPublished(callback: () => void): void {
    this.tell = callback;
  }
}

function rig(source: PolicySource, base?: PolicyDocument) {
  const clock = new CountingClock();
  const metrics = createMetrics({ processMetrics: false });
  const policies = new PoliciesInForce({
    source,
    clock,
    metrics,
    logger: silentLogger,
    ...(base === undefined ? {} : { base }),
  });
  const sample = async (name: string): Promise<string | undefined> =>
    (await metrics.scrape()).text.match(new RegExp(`^${name} (.*)$`, "m"))?.[1];
  return { clock, policies, sample };
}

describe("policies in force", () => {
  test("are there when the start is over, and follow what is published at once", async () => {
    const source = new MemoryPolicies(new ManualClock());
    await source.publish(slow(1));
    const { policies, clock, sample } = rig(source);
    await policies.start();
    expect(policies.of("a")).toEqual({ slowModeSeconds: 1 });
    const revision = await source.publish(slow(2, ["a"]));
    await clock.advance(0);
    expect([policies.of("a"), policies.of("b")]).toEqual([{ slowModeSeconds: 2 }, {}]);
    expect(await sample("weir_policy_revision")).toBe(String(revision));
    await policies.stop();
  });

  test("are asked for every second, so that a call that was lost costs a second", async () => {
    const source = new ScriptedSource();
    const { policies, clock } = rig(source);
    await policies.start();
    source.published = { revision: 5, document: slow(5) };
    await clock.advance(1_000);
    expect(policies.of("a")).toEqual({ slowModeSeconds: 5 });
    await clock.advance(1_000);
    expect(source.asked).toEqual([0, 0, 5]);
    await policies.stop();
    await clock.advance(5_000);
    expect(source.asked).toHaveLength(3);
  });

  test("stay while the source is away or holds nonsense, and that is counted", async () => {
    const source = new ScriptedSource();
    source.published = { revision: 5, document: slow(5) };
    const { policies, clock, sample } = rig(source);
    await policies.start();
    source.published = new Error("away");
    await clock.advance(3_000);
    expect(policies.of("new")).toEqual({ slowModeSeconds: 5 });
    expect(await sample("weir_policy_read_failures_total")).toBe("3");
    source.published = undefined;
    await clock.advance(1_000);
    expect(policies.of("newer")).toEqual({ slowModeSeconds: 5 });
    await policies.stop();
  });

  test("never go back to an older revision", async () => {
    const source = new ScriptedSource();
    source.published = { revision: 5, document: slow(5) };
    const { policies, clock } = rig(source);
    await policies.start();
    source.published = { revision: 4, document: slow(4) };
    source.tell();
    await clock.advance(2_000);
    expect(policies.of("a")).toEqual({ slowModeSeconds: 5 });
    await policies.stop();
  });

  test("of the base hold where nothing that is published says otherwise", async () => {
    const source = new ScriptedSource();
    const base = documentOf([
      { name: "base", createdAt: 0, spec: { rooms: ["**"], priority: 1_000, slowModeSeconds: 9, textMaxBytes: 10 } },
    ]);
    const { policies, clock } = rig(source, base);
    await policies.start();
    expect(policies.of("a")).toEqual({ slowModeSeconds: 9, textMaxBytes: 10 });
    source.published = { revision: 1, document: slow(0) };
    await clock.advance(1_000);
    expect(policies.of("a")).toEqual({ slowModeSeconds: 0, textMaxBytes: 10 });
    await policies.stop();
  });

  test("are worked out again, and that is counted, where more rooms are used than are remembered", async () => {
    const { policies, sample } = rig(new ScriptedSource(), slow(7));
    await policies.start();
    for (let i = 0; i <= 20_000; i++) policies.of(`room${i}`);
    expect(await sample('weir_cap_reached_total.cap="policy_rooms".')).toBe("1");
    expect(policies.of("room0")).toEqual({ slowModeSeconds: 7 });
    await policies.stop();
  });

  test("leave no timer behind when they stop", async () => {
    const { policies, clock } = rig(new ScriptedSource());
    await policies.start();
    expect(clock.timers).toBe(1);
    await policies.stop();
    expect(clock.timers).toBe(0);
  });

  test("look no more when they stop in the middle of a look", async () => {
    const source = new ScriptedSource();
    const { policies, clock } = rig(source);
    await policies.start();
    const late = Promise.withResolvers<undefined>();
    source.read = () => late.promise;
    await clock.advance(1_000);
    await policies.stop();
    late.resolve(undefined);
    await clock.advance(1_000);
    expect(clock.timers).toBe(0);
  });

  test("do not keep anyone from starting when the source is away", async () => {
    const source = new ScriptedSource();
    source.published = new Error("away");
    const { policies } = rig(source);
    await policies.start();
    expect(policies.of("a")).toEqual({});
    await policies.stop();
  });
});
