import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { expect, test } from "vitest";
import { Affinity, type AffinityOptions } from "../../../src/adapters/socketio/affinity.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { ChatError } from "../../../src/protocol/errors.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";

const most = 10_000;

function requestWith(cookie?: string): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  if (cookie !== undefined) request.headers.cookie = cookie;
  return request;
}

function setUp(options: Partial<AffinityOptions> = {}) {
  const clock = new ManualClock();
  const metrics = createMetrics({ processMetrics: false });
  const affinity = new Affinity({ cookie: "route", crossSite: false, clock, metrics, ...options });
  const letIn = (visitor: string) => (): void => {
    affinity.letIn(requestWith(`weir_visitor=${visitor}`));
  };
  const forgotten = async () => (await metrics.scrape()).text.match(/cap="sent_away"} (\d+)/)?.[1];
  /** The cookie that a handshake sets. */
  const welcomed = (request: IncomingMessage): unknown => {
    const headers: Record<string, string | string[]> = {};
    affinity.welcome(request, headers);
    return headers["Set-Cookie"];
  };
  return { clock, affinity, letIn, welcomed, forgotten };
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

test("a browser is named by a cookie of its own, which it keeps", () => {
  const { affinity, welcomed } = setUp();
  const newcomer = requestWith();
  expect(welcomed(newcomer)).toMatch(/^weir_visitor=[\w-]{36}; Path=\/; HttpOnly; SameSite=Lax$/);
  expect(welcomed(requestWith())).not.toBe(welcomed(newcomer));
  const known = requestWith("a=b; weir_visitor=me;c=d");
  expect(welcomed(known)).toBe("weir_visitor=me; Path=/; HttpOnly; SameSite=Lax");
  expect(affinity.visitorOf(known)).toBe("me");
});

test.each(["", "x".repeat(65), "a b", "a%0d%0ab"])("a name of a wrong form is replaced: %j", (name) => {
  expect(setUp().welcomed(requestWith(`weir_visitor=${name}`))).toMatch(/^weir_visitor=[\w-]{36};/);
});

test("where pages of other origins connect, the cookies say that browsers may keep them", () => {
  const { affinity, welcomed } = setUp({ crossSite: true });
  expect(welcomed(requestWith())).toMatch(/; HttpOnly; SameSite=None; Secure$/);
  expect(affinity.farewell(new ChatError("DRAINING", "go"))["set-cookie"]).toContain("SameSite=None; Secure");
});

test("who was sent away is refused once, within a minute, with an answer that forgets the balancer's cookie", async () => {
  const { affinity, clock, letIn } = setUp();
  affinity.sendAway("v");
  await clock.advance(60_000);
  expect(letIn("other")).not.toThrow();
  expect(letIn("v")).toThrow("another gateway");
  expect(letIn("v")).not.toThrow();
  affinity.sendAway("v");
  await clock.advance(60_001);
  expect(letIn("v")).not.toThrow();
  expect(affinity.farewell(new ChatError("DRAINING", "go"))).toEqual({
    "set-cookie": "route=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0",
  });
});

test("only who is to go elsewhere forgets the balancer's cookie", () => {
  const { affinity } = setUp();
  for (const error of [new ChatError("OVERLOADED", "wait"), new Error("DRAINING")])
    expect(affinity.farewell(error)).toEqual({});
});

test("without a balancer's cookie nobody is named, refused or told to forget", () => {
  const clock = new ManualClock();
  const affinity = new Affinity({ crossSite: false, clock, metrics: createMetrics({ processMetrics: false }) });
  const headers = {};
  const request = requestWith("weir_visitor=v");
  affinity.welcome(request, headers);
  affinity.sendAway("v");
  affinity.letIn(request);
  expect([headers, affinity.visitorOf(request)]).toEqual([{}, undefined]);
  expect(affinity.farewell(new ChatError("DRAINING", "go"))).toEqual({});
});
