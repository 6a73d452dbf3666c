import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { NewEntry } from "../../../src/chat/entry.ts";
import type { SlowMode } from "../../../src/gateway/slow-mode.ts";
import type { Clock } from "../../../src/kernel/clock.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import type { RequestName } from "../../../src/protocol/schemas.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";
import { seededRandom } from "../../harness/seeded-random.ts";
import { createRig, type Rig, type RigOptions } from "./gateway-rig.ts";
import { joined as memberOf, policyRig } from "./policy-rig.ts";

const roomy = { ratePerSecond: 10_000, burst: 10_000 } as const;
const roomyLimits = { userRate: roomy, roomRate: roomy, joinRate: roomy, leaveRate: roomy, historyRate: roomy };

/** Every read of the log takes as long as `ms` says, and every subscription. */
function slowReads(rig: Rig, ms: () => number): void {
  const range = rig.log.range.bind(rig.log);
  const head = rig.log.head.bind(rig.log);
  const subscribe = rig.log.subscribe.bind(rig.log);
  rig.log.range = async (...query) => {
    await rig.clock.sleep(ms());
    return range(...query);
  };
  rig.log.head = async (room) => {
    await rig.clock.sleep(ms());
    return head(room);
  };
  rig.log.subscribe = async (room, listener) => {
    await rig.clock.sleep(ms());
    return subscribe(room, listener);
  };
}

async function joined(options: RigOptions = {}) {
  const rig = createRig({ ...options, limits: { ...roomyLimits, ...options.limits } });
  const alice = rig.open("alice");
  await alice.ask("room:join", { room: "r" });
  await rig.append("r", "first", { from: { id: "alice" } });
  return { rig, alice };
}

const changes = [
  ["message:edit", { text: "new" }],
  ["message:delete", {}],
  ["message:react", { emoji: "👍", on: true }],
] as const;

const send = (id: string) => ({ room: "r", id, text: id });

describe("one room", () => {
  test("join, leave and join without waiting end in the room, and it is heard", async () => {
    const rig = createRig();
    slowReads(rig, () => 10);
    const alice = rig.open("alice");
    const answers = [
      alice.ask("room:join", { room: "r" }),
      alice.ask("room:leave", { room: "r" }),
      alice.ask("room:join", { room: "r" }),
      alice.ask("message:send", send("m")),
    ];
    await rig.clock.advance(1_000);
    for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ ok: true });
    await rig.append("r", "other");
    await rig.clock.advance(2_000);
    expect(alice.entries.map(({ id }) => id)).toEqual(["m", "other"]);
    expect(rig.gateway.activeRooms()).toEqual(["r"]);
  });

  test("join and leave without waiting end outside, and the room is let go", async () => {
    const rig = createRig();
    slowReads(rig, () => 10);
    const alice = rig.open("alice");
    const answers = [alice.ask("room:join", { room: "r" }), alice.ask("room:leave", { room: "r" })];
    await rig.clock.advance(5_000);
    for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ ok: true });
    expect(await alice.ask("message:send", send("m"))).toMatchObject({ error: { code: "NOT_IN_ROOM" } });
    expect(rig.gateway.activeRooms()).toEqual([]);
  });

  test.each(changes)("a send that follows a %s comes after it in the log", async (event, what) => {
    const { rig, alice } = await joined();
    slowReads(rig, () => 10);
    const answers = [
      alice.ask(event, { room: "r", id: "change", target: 1, ...what }),
      alice.ask("message:send", send("m1")),
      alice.ask("message:send", send("m2")),
    ];
    await rig.clock.advance(1_000);
    expect(await Promise.all(answers)).toMatchObject([{ seq: 2 }, { seq: 3 }, { seq: 4 }]);
  });

  test("a reaction that follows a send in slow mode comes after it in the log", async () => {
    const slowly = (clock: Clock): SlowMode => ({ take: () => clock.sleep(100).then(() => 0) });
    const rig = await policyRig({ slow: { slowModeSeconds: 5 } }, slowly);
    await rig.append("r", "first");
    const alice = await memberOf(rig, "alice");
    const answers = [
      alice.send("m"),
      alice.ask("message:react", { room: "r", id: "x", target: 1, emoji: "👍", on: true }),
    ];
    await rig.clock.advance(1_000);
    expect(await Promise.all(answers)).toMatchObject([{ seq: 2 }, { seq: 3 }]);
  });

  test.each(changes)(
    "sends reach the log in the turn in which they come, and behind a %s without waiting for answers",
    async (event, what) => {
      const { rig, alice } = await joined();
      const reached: string[] = [];
      rig.log.append = async (entry: NewEntry) => {
        reached.push(entry.id);
        return new Promise(() => {});
      };
      const ask = (name: RequestName, request: object): void => void alice.ask(name, request);
      for (const id of ["m1", "m2", "m3"]) ask("message:send", send(id));
      expect(reached).toEqual(["m1", "m2", "m3"]);
      slowReads(rig, () => 10);
      ask(event, { room: "r", id: "change", target: 1, ...what });
      for (const id of ["m4", "m5", "m6"]) ask("message:send", send(id));
      expect(reached).toHaveLength(3);
      await rig.clock.advance(1_000);
      expect(reached).toEqual(["m1", "m2", "m3", "change", "m4", "m5", "m6"]);
    },
  );

  test("a send that comes when the first of two changes is done still waits for the second", async () => {
    const { rig, alice } = await joined();
    slowReads(rig, () => 10);
    const edit = (id: string) => alice.ask("message:edit", { room: "r", id, target: 1, text: id });
    const first = edit("e1");
    const second = edit("e2");
    const done: unknown[] = [];
    void first.then((answer) => done.push(answer));
    while (done.length === 0) await rig.clock.advance(1);
    const answers = [first, second, alice.ask("message:send", send("m"))];
    await rig.clock.advance(1_000);
    expect(await Promise.all(answers)).toMatchObject([{ seq: 2 }, { seq: 3 }, { seq: 4 }]);
  });

  test("a read of history holds back no send, and another room's join none of this one's", async () => {
    const { rig, alice } = await joined();
    slowReads(rig, () => 1_000);
    void alice.ask("history:get", { room: "r" });
    void alice.ask("room:join", { room: "other" });
    expect(await alice.ask("message:send", send("m"))).toMatchObject({ ok: true, seq: 2 });
  });
});

describe("a new token", () => {
  const narrow = { grants: [{ room: "mine", can: ["read", "write"] as const }] };

  function slowVerifier() {
    const clock = new ManualClock();
    const wide = [{ room: "**", can: ["read", "write"] as const }];
    const verify = async (token: string) => {
      await clock.sleep(token === "alice" ? 50 : 10);
      const grants = token === "alice" ? wide : narrow.grants;
      return { id: "alice", grants, admin: false, expiresAt: clock.now() + 3_600_000 };
    };
    const rig = createRig({ clock, verifier: { verify } });
    return { rig, alice: rig.open("alice", narrow) };
  }

  test("holds for what follows its refresh without waiting: a join and a send that only the new one allows", async () => {
    const { rig, alice } = slowVerifier();
    const answers = [
      alice.ask("auth:refresh", { token: "alice" }),
      alice.ask("room:join", { room: "r" }),
      alice.ask("message:send", send("m")),
    ];
    await rig.clock.advance(1_000);
    for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ ok: true });
  });

  test("of two refreshes without waiting the later one holds, however long each takes", async () => {
    const { rig, alice } = slowVerifier();
    const answers = [
      alice.ask("auth:refresh", { token: "alice" }),
      alice.ask("auth:refresh", { token: "narrow" }),
      alice.ask("room:join", { room: "r" }),
    ];
    await rig.clock.advance(1_000);
    expect(await Promise.all(answers)).toMatchObject([{ ok: true }, { ok: true }, { error: { code: "FORBIDDEN" } }]);
  });

  test("that is never verified holds up the connection no longer than a request may take", async () => {
    const clock = new ManualClock();
    const rig = createRig({ clock, verifier: { verify: () => new Promise(() => {}) } });
    const alice = rig.open("alice");
    await alice.ask("room:join", { room: "r" });
    const refresh = alice.ask("auth:refresh", { token: "alice" });
    await clock.advance(10_000);
    expect(await refresh).toMatchObject({ error: { code: "TIMEOUT" } });
    expect(await alice.ask("message:send", send("m"))).toMatchObject({ ok: true });
  });
});

describe("requests that wait", () => {
  test("and were answered with TIMEOUT never take effect", async () => {
    const { rig, alice } = await joined({ limits: { requestMs: 100 } });
    let letIn = (): void => {};
    rig.log.range = () => new Promise((resolve) => void (letIn = () => resolve([])));
    const leave = [alice.ask("room:join", { room: "r" }), alice.ask("room:leave", { room: "r" })];
    await rig.clock.advance(200);
    for (const answer of await Promise.all(leave)) expect(answer).toMatchObject({ error: { code: "TIMEOUT" } });
    letIn();
    await rig.clock.advance(200);
    expect(await alice.ask("message:send", send("m"))).toMatchObject({ ok: true });
  });

  test("no longer count when they have begun, however often that happens", async () => {
    const { rig, alice } = await joined({ limits: { requestsWaiting: 1 } });
    slowReads(rig, () => 10);
    for (let i = 0; i < 5; i++) {
      const answers = [alice.ask("room:join", { room: "r" }), alice.ask("message:send", send(`m${i}`))];
      await rig.clock.advance(1_000);
      for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ ok: true });
    }
  });

  test("are limited in number, counted and refused with a time beyond", async () => {
    const metrics = createMetrics({ processMetrics: false });
    const { rig, alice } = await joined({ metrics, limits: { requestMs: 100, requestsWaiting: 2 } });
    rig.log.range = () => new Promise(() => {});
    const codes: unknown[] = [];
    for (let i = 0; i < 4; i++) {
      const answer = alice.ask("room:join", { room: "r" });
      await rig.clock.advance(100);
      codes.push((await answer)?.ok === false ? await answer : undefined);
    }
    const timeout = { error: { code: "TIMEOUT" } };
    const refused = { error: { code: "RATE_LIMITED", retryAfterMs: 100 } };
    expect(codes).toMatchObject([timeout, timeout, timeout, refused]);
    expect((await metrics.scrape()).text).toContain('weir_cap_reached_total{cap="requests_waiting"} 1');
  });
});

type Step = readonly [RequestName, object];

const room = fc.constantFrom("r", "s");
const step: fc.Arbitrary<(i: number) => Step> = fc.oneof(
  room.map((name) => () => ["room:join", { room: name }] as const),
  room.map((name) => () => ["room:leave", { room: name }] as const),
  room.map((name) => (i: number) => ["message:send", { room: name, id: `m${i}`, text: "x" }] as const),
  room.map((name) => (i: number) => ["message:edit", { room: name, id: `e${i}`, target: 1, text: `${i}` }] as const),
  room.map((name) => (i: number) => ["message:delete", { room: name, id: `d${i}`, target: 1 }] as const),
  room.map(
    (name) => (i: number) => ["message:react", { room: name, id: `x${i}`, target: 2, emoji: "x", on: true }] as const,
  ),
  fc.constant(() => ["auth:refresh", { token: "alice" }] as const),
);

/** The outcome of each request, and the logs of both rooms. */
async function play(
  steps: readonly Step[],
  { pipelined, seed }: { readonly pipelined: boolean; readonly seed: number },
) {
  const random = seededRandom(seed);
  const rig = createRig({ limits: roomyLimits });
  for (const name of ["r", "s"]) await rig.append(name, "first", { from: { id: "alice" } });
  slowReads(rig, () => Math.floor(random() * 20));
  // The first refresh alone gives more, so nothing before it can see what it gives.
  const isRefresh = steps[0]?.[0] === "auth:refresh";
  const alice = rig.open("alice", isRefresh ? { grants: [{ room: "r", can: ["read"] }] } : {});
  const answers: unknown[] = [];
  const ask = async ([event, request]: Step, i: number): Promise<void> => {
    const answer = await alice.ask(event, request);
    answers[i] = answer?.ok === true ? "ok" : answer?.error.code;
  };
  for (const [i, one] of steps.entries()) {
    void ask(one, i);
    if (!pipelined) await rig.clock.advance(1_000);
  }
  await rig.clock.advance(5_000);
  const log = async (name: string) => {
    const entries = rig.log.range(name, { after: 0, limit: 100 });
    await rig.clock.advance(1_000);
    return (await entries).map(({ id }) => id);
  };
  return { answers, r: await log("r"), s: await log("s") };
}

test("requests that come without waiting have the same outcome as one after the other", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.integer(), async (makers, seed) => {
      const steps = makers.map((make, i) => make(i));
      expect(await play(steps, { pipelined: true, seed })).toEqual(await play(steps, { pipelined: false, seed }));
    }),
    { numRuns: 60 },
  );
});
