import { expect, test } from "vitest";
import { Ledger } from "../../../loadtests/lib/accounting.ts";
import { Member } from "../../../loadtests/lib/member.ts";
import { isObject } from "../../harness/load-wire.ts";
import { Measured } from "../../harness/load-world.ts";
import { type ScriptedSocket, ScriptedWorld } from "./scripted-world.ts";

/* A member whose gateway is the test, which errs as no gateway may. */

const turns = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

interface Asked {
  readonly id: string;
  readonly event: string;
  readonly request: Readonly<Record<string, unknown>>;
}

function askedOf(socket: ScriptedSocket): Asked[] {
  return socket.sent.flatMap((frame) => {
    const [, id = "", json = ""] = /^42\/chat,(\d*)(\[.*)$/.exec(frame) ?? [];
    const list: unknown = json === "" ? undefined : JSON.parse(json);
    if (!Array.isArray(list) || !isObject(list[1])) return [];
    return [{ id, event: String(list[0]), request: list[1] }];
  });
}

function place(seq: number) {
  return { epoch: "1", seq };
}

function entries(...seqs: readonly number[]) {
  return seqs.map((seq) => ({ ...place(seq), room: "hall", id: `x-${seq}` }));
}

async function inRoom() {
  const world = new ScriptedWorld();
  const ledger = new Ledger();
  const measured = new Measured();
  const parts = { world, ledger, meter: measured.meter, name: "ada", url: "http://a", path: "/rt", token: () => "t" };
  const member = new Member({ ...parts, rooms: ["hall"], patienceMs: 5_000 });
  const answer = async (body: object): Promise<void> => {
    const last = askedOf(world.last)
      .filter(({ id }) => id !== "")
      .pop();
    world.last.say(`43/chat,${last?.id}[${JSON.stringify({ ok: true, ...body })}]`);
    await turns();
  };
  const push = async (...seqs: readonly number[]): Promise<void> => {
    world.last.say(`42/chat,["messages",${JSON.stringify({ room: "hall", entries: entries(...seqs) })}]`);
    await turns();
  };
  const asked = (): readonly Asked[] => askedOf(world.last);
  world.last.letIn();
  await answer({ head: place(10), entries: entries(10) });
  return { world, ledger, measured, member, answer, push, asked };
}

test("what is pushed in order is delivered, and who asks for nothing has everything", async () => {
  const { ledger, member, push, asked } = await inRoom();
  await push(11, 12);
  await push(13);
  expect(ledger.verdict()).toMatchObject({ delivered: 3, missing: 0, duplicated: 0, outOfOrder: 0 });
  expect([member.isIn, asked().length]).toEqual([true, 1]);
});

test("a hole is asked for from the last place without one, and filled", async () => {
  const { ledger, member, push, asked, answer } = await inRoom();
  await push(13);
  expect(member.isIn).toBe(false);
  expect(ledger.verdict().missing).toBe(2);
  expect(asked()[1]).toMatchObject({ event: "room:join", request: { room: "hall", after: place(10) } });
  await answer({ head: place(13), entries: entries(11, 12, 13) });
  expect(ledger.verdict()).toMatchObject({ missing: 0, gapsFilled: 1, caughtUp: 2, duplicated: 0 });
  expect(member.isIn).toBe(true);
});

test("a repeat and a swap are seen for what they are", async () => {
  const { ledger, push } = await inRoom();
  await push(11);
  await push(11);
  await push(13, 12);
  expect(ledger.verdict()).toMatchObject({ delivered: 3, duplicated: 1, outOfOrder: 1 });
});

test("after a lost connection it joins with where it was, page by page, and counts what comes meanwhile once", async () => {
  const { world, ledger, member, push, answer, asked } = await inRoom();
  await push(11);
  world.last.break();
  world.pass(2_000);
  world.last.letIn();
  expect(asked()[0]).toMatchObject({ event: "room:join", request: { after: place(11) } });
  await push(14);
  await answer({ head: place(13), entries: entries(12), more: true });
  expect(asked()[1]).toMatchObject({ event: "room:join", request: { after: place(12) } });
  await answer({ head: place(14), entries: entries(13, 14) });
  expect(ledger.verdict()).toMatchObject({ missing: 0, duplicated: 0, outOfOrder: 0, caughtUp: 2, delivered: 2 });
  expect(member.isIn).toBe(true);
});

test("a room:resync is answered by asking", async () => {
  const { world, asked } = await inRoom();
  world.last.say('42/chat,["room:resync",{"room":"hall","from":{"epoch":"1","seq":10},"reason":"slow"}]');
  expect(asked()[1]).toMatchObject({ event: "room:join", request: { after: place(10) } });
});

test("a send is tried with the same id until it has its place, and read back from the history", async () => {
  const { world, ledger, measured, member, asked } = await inRoom();
  const sent = member.send("hall");
  await turns();
  const first = asked()[1];
  world.last.say(`43/chat,${first?.id}[{"ok":false,"error":{"code":"OVERLOADED","retryable":true,"retryAfterMs":70}}]`);
  await turns();
  world.pass(70);
  await turns();
  const second = asked()[2];
  expect(second?.request).toEqual(first?.request);
  const id = String(second?.request["id"]);
  world.last.say(`43/chat,${second?.id}[${JSON.stringify({ ok: true, id, ...place(11), at: 1 })}]`);
  await sent;
  expect(ledger.verdict()).toMatchObject({ sent: 1, accepted: 1, stored: 0 });
  expect(measured.of("chat_ack_duration")).toEqual([70]);
  const read = member.readBack();
  await turns();
  const history = asked()[3];
  expect(history).toMatchObject({ event: "history:get", request: { room: "hall", after: 10 } });
  world.last.say(
    `43/chat,${history?.id}[${JSON.stringify({ ok: true, entries: [{ ...place(11), id }], more: false })}]`,
  );
  expect(await read).toBe(true);
  expect(ledger.verdict()).toMatchObject({ stored: 1, lost: 0, unread: 0 });
});

test("a message that was accepted and is not in the history is lost, and one that is refused for good is not", async () => {
  const { world, ledger, member, asked } = await inRoom();
  const accepted = member.send("hall");
  await turns();
  world.last.say(`43/chat,${asked()[1]?.id}[${JSON.stringify({ ok: true, ...place(11) })}]`);
  await accepted;
  const refused = member.send("hall");
  await turns();
  world.last.say(`43/chat,${asked()[2]?.id}[{"ok":false,"error":{"code":"FORBIDDEN","retryable":false}}]`);
  await refused;
  const read = member.readBack();
  await turns();
  world.last.say(`43/chat,${asked()[3]?.id}[{"ok":true,"entries":[],"more":false}]`);
  await read;
  expect(ledger.verdict()).toMatchObject({ sent: 2, accepted: 1, lost: 1, refusedBy: { FORBIDDEN: 1 }, unanswered: 0 });
});
