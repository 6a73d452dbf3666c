import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { expect, test } from "vitest";
import { Affinity } from "../../../src/adapters/socketio/affinity.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";

const most = 10_000;

function setUp() {
  const clock = new ManualClock();
  const metrics = createMetrics({ processMetrics: false });
  const affinity = new Affinity({ cookie: "route", crossSite: false, clock, metrics });
  const letIn = (visitor: string) => (): void => {
    const request = new IncomingMessage(new Socket());
    request.headers.cookie = `weir_visitor=${visitor}`;
    affinity.letIn(request);
  };
  const forgotten = async () => (await metrics.scrape()).text.match(/cap="sent_away"} (\d+)/)?.[1];
  return { clock, affinity, letIn, forgotten };
}

test("of too many who were sent away the first is forgotten and comes straight back, and that is counted", async () => {
  const { affinity, clock, letIn, forgotten } = setUp();
  await clock.advance(1);
  for (let i = 0; i <= most; i++) affinity.sendAway(`v${i}`);
  expect(await forgotten()).toBe("1");
  expect(letIn("v0")).not.toThrow();
  expect(letIn("v1")).toThrow("another gateway");
});

test("who makes room after its time is not counted", async () => {
  const { affinity, clock, forgotten } = setUp();
  for (let i = 0; i < most; i++) affinity.sendAway(`v${i}`);
  await clock.advance(60_000);
  affinity.sendAway("late");
  expect(await forgotten()).toBe("0");
});
