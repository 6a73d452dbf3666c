import { describe, expect, test } from "vitest";
import { MemorySlowMode } from "../../../src/adapters/memory/memory-slow-mode.ts";
import { handlers } from "../../../src/gateway/handlers/table.ts";
import type { Principal } from "../../../src/gateway/ports.ts";
import type { SlowMode } from "../../../src/gateway/slow-mode.ts";
import type { Clock } from "../../../src/kernel/clock.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import type { RequestName } from "../../../src/protocol/schemas.ts";
import { clockSkewMs } from "../../../src/protocol/token-claims.ts";
import { moderator, type PolicyRig, policyRig } from "./policy-rig.ts";

/* A right that a new token takes away while a request waits is gone for that request too, at whichever wait. */

const waitMs = 10;
const reader = "alice!r";
const stranger = "alice!elsewhere";
const plain = "alice";

interface Case {
  readonly event: RequestName;
  readonly payload: object;
  /** Tokens that take away the right on which the request rests. */
  readonly lost: readonly string[];
  readonly who?: Partial<Principal>;
}

const own = { room: "r", id: "change", target: 1 };
const others = { room: "r", id: "change", target: 2 };
const cases: readonly Case[] = [
  { event: "room:join", payload: { room: "new" }, lost: [reader, stranger] },
  { event: "room:join", payload: { room: "staff" }, who: moderator, lost: [plain] },
  { event: "room:join", payload: { room: "r", after: { epoch: "1", seq: 1 } }, lost: [stranger] },
  { event: "message:send", payload: { room: "r", id: "m", text: "x", replyTo: 1 }, lost: [reader, stranger] },
  { event: "message:send", payload: { room: "slow", id: "m", text: "x" }, lost: [reader, "alice!slow"] },
  {
    event: "message:send",
    payload: { room: "slow", id: "m", text: "x", replyTo: 1 },
    who: moderator,
    lost: [plain],
  },
  { event: "message:edit", payload: { ...own, text: "new" }, lost: [reader, stranger] },
  { event: "message:delete", payload: own, lost: [reader, stranger] },
  { event: "message:delete", payload: others, who: moderator, lost: [plain, reader, stranger] },
  { event: "message:react", payload: { ...others, emoji: "👍", on: true }, lost: [reader, stranger] },
  { event: "history:get", payload: { room: "r" }, lost: [stranger] },
];
/** They act in the turn in which they come, or are about no room. */
const withoutWait: readonly RequestName[] = ["room:leave", "typing:set", "receipt", "auth:refresh"];

const slowly = (clock: Clock): SlowMode => {
  const inner = new MemorySlowMode(clock);
  return {
    take: async (turn) => {
      await clock.sleep(waitMs);
      return inner.take(turn);
    },
  };
};

/** Rooms `r` and `slow` have a message of alice and one of bob. Every read takes `waitMs`, and so does every subscription. */
async function setUp(who: Partial<Principal> = {}) {
  const specs = {
    slow: { rooms: ["slow"], slowModeSeconds: 1 },
    staff: { rooms: ["staff"], create: "moderators" },
  } as const;
  const rig = await policyRig(specs, slowly);
  const alice = rig.open("alice", who);
  for (const room of ["r", "slow"]) {
    for (const id of ["alice", "bob"]) await rig.append(room, `${room}-${id}`, { from: { id } });
    await alice.ask("room:join", { room });
  }
  slowReads(rig);
  return { rig, alice };
}

function slowReads({ log, clock }: PolicyRig): void {
  const [range, head, changes] = [log.range.bind(log), log.head.bind(log), log.changes.bind(log)];
  const subscribe = log.subscribe.bind(log);
  const late = async <T>(read: () => Promise<T>): Promise<T> => {
    await clock.sleep(waitMs);
    return read();
  };
  log.range = (...query) => late(() => range(...query));
  log.head = (room) => late(() => head(room));
  log.changes = (...query) => late(() => changes(...query));
  log.subscribe = (...query) => late(() => subscribe(...query));
}

type Wait = (answer: Promise<unknown>) => Promise<number>;

/** Lets an answer come. Returns after how many waits it came. */
function waiter({ clock }: PolicyRig): Wait {
  return async (answer) => {
    let waits = 0;
    const state = { isDone: false };
    void answer.then(() => (state.isDone = true));
    for (await clock.advance(0); !state.isDone; waits++) await clock.advance(waitMs);
    return waits;
  };
}

async function waitsOf({ event, payload, who }: Case): Promise<number> {
  const { rig, alice } = await setUp(who);
  const answer = alice.ask(event, payload);
  const waits = await waiter(rig)(answer);
  expect(await answer).toMatchObject({ ok: true });
  return waits;
}

async function headOf({ log, clock }: PolicyRig, room: string): Promise<number> {
  const head = log.head(room);
  await clock.advance(waitMs);
  return (await head).seq;
}

describe("a right that is taken while a request waits", () => {
  test.each(cases)("$event $payload: at each wait, nothing is appended, and nothing is answered", async (given) => {
    const { event, payload, lost, who } = given;
    const waits = await waitsOf(given);
    expect(waits).toBeGreaterThan(0);
    for (const token of lost) {
      for (let wait = 0; wait < waits; wait++) {
        const { rig, alice } = await setUp(who);
        const answer = alice.ask(event, payload);
        await rig.clock.advance(wait * waitMs);
        expect(await alice.ask("auth:refresh", { token })).toMatchObject({ ok: true });
        await waiter(rig)(answer);
        expect({ token, wait, answer: await answer }).toMatchObject({ answer: { error: { code: "FORBIDDEN" } } });
        for (const room of ["r", "slow"]) expect(await headOf(rig, room)).toBe(2);
      }
    }
  });

  test("every request that waits is among them", () => {
    const named = new Set<RequestName>([...cases.map(({ event }) => event), ...withoutWait, "rooms:join"]);
    expect([...named].sort()).toEqual(Object.keys(handlers).sort());
  });
});

test("in a join of many rooms, a room whose right is taken before the last one is done is refused, and the others are answered", async () => {
  const rooms = [{ room: "r", after: { epoch: "1", seq: 0 } }, { room: "new" }];
  const { rig, alice } = await setUp();
  const answer = alice.ask("rooms:join", { rooms });
  const waits = await waiter(rig)(answer);
  expect(await answer).toMatchObject({ rooms: [{ ok: true, entries: [{ seq: 1 }, { seq: 2 }] }, { ok: true }] });
  for (let wait = 0; wait < waits; wait++) {
    const again = await setUp();
    const late = again.alice.ask("rooms:join", { rooms });
    await again.rig.clock.advance(wait * waitMs);
    await again.alice.ask("auth:refresh", { token: "alice!new" });
    await waiter(again.rig)(late);
    expect(await late).toMatchObject({
      rooms: [
        { room: "r", ok: false, error: { code: "FORBIDDEN" } },
        { room: "new", ok: true },
      ],
    });
    expect(JSON.stringify(await late)).not.toContain("r-bob");
  }
});

test("what is in the log is acknowledged, whatever becomes of the right", async () => {
  const { rig, alice } = await setUp();
  const answer = alice.ask("message:send", { room: "r", id: "m", text: "x", durability: "stored" });
  await rig.clock.advance(0);
  await alice.ask("auth:refresh", { token: stranger });
  await rig.flush();
  await waiter(rig)(answer);
  expect(await answer).toMatchObject({ ok: true, seq: 3, durability: "stored" });
});

test.each(cases.filter(({ who }) => who === undefined))(
  "$event $payload: a token that ends while the request waits appends nothing and is answered nothing",
  async ({ event, payload }) => {
    const { rig, alice } = await setUp({ expiresAt: new ManualClock().now() - clockSkewMs + waitMs / 2 });
    const answer = alice.ask(event, payload);
    await waiter(rig)(answer);
    expect(await answer).toMatchObject({ ok: false });
    for (const room of ["r", "slow"]) expect(await headOf(rig, room)).toBe(2);
  },
);
