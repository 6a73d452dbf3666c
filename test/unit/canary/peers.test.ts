import { beforeEach, expect, test } from "vitest";
import { Peers, type Receipt } from "../../../src/canary/peers.ts";
import type { Entry } from "../../../src/chat/entry.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";

let clock: ManualClock;
let answered: number[];
let unanswered: number;

beforeEach(() => {
  clock = new ManualClock();
  answered = [];
  unanswered = 0;
});

function peers(user: string, its: { monotonic(): number } = clock): Peers {
  return new Peers({
    user,
    clock: its,
    onAnswered: (ms) => void answered.push(ms),
    onUnanswered: () => void (unanswered += 1),
  });
}

let seq = 0;
function message(from: string, id: string, receipts: unknown = []): Entry {
  seq += 1;
  return {
    room: "weir:canary",
    epoch: "1",
    seq,
    at: 0,
    kind: "message",
    from: { id: from },
    id,
    text: "canary",
    meta: { receipts },
  };
}

test("the time to another gateway and back is what the sender waited less what the other held it, whatever the other's clock says", async () => {
  const a = peers("a");
  const b = peers("b", { monotonic: () => clock.monotonic() * 1 + 1_000_000 });
  a.sending("a1");
  await clock.advance(3);
  b.heard(message("a", "a1"));
  await clock.advance(5_000);
  const receipts = b.sending("b1");
  expect(receipts).toEqual([{ id: "a1", heldMs: 5_000 }]);
  await clock.advance(4);
  a.heard(message("b", "b1", receipts));
  expect(answered).toEqual([7]);
});

test("the first answer counts, and one's own messages are none of another's", () => {
  const a = peers("a");
  a.sending("a1");
  a.heard(message("a", "a1"));
  a.heard(message("b", "b1", [{ id: "a1", heldMs: 0 }]));
  a.heard(message("c", "c1", [{ id: "a1", heldMs: 0 }]));
  expect(answered).toHaveLength(1);
  expect(a.sending("a2").map(({ id }) => id)).toEqual(["b1", "c1"]);
});

test("alone, nobody is missed", () => {
  const a = peers("a");
  for (const id of ["a1", "a2", "a3", "a4", "a5", "a6"]) {
    a.sending(id);
    a.heard(message("a", id));
  }
  expect({ answered, unanswered }).toEqual({ answered: [], unanswered: 0 });
});

test("a message that crossed with another's is not missed; one that is not in the next either is, once", () => {
  const a = peers("a");
  a.heard(message("b", "b0"));
  a.sending("a1");
  a.heard(message("b", "b1"));
  expect(unanswered).toBe(0);
  a.heard(message("b", "b2"));
  a.heard(message("b", "b3"));
  expect(unanswered).toBe(1);
});

test("who came after a message was sent need not have had it", () => {
  const a = peers("a");
  a.sending("a1");
  for (const id of ["b1", "b2", "b3"]) a.heard(message("b", id));
  expect(unanswered).toBe(0);
});

test("an entry that two connections heard counts once", () => {
  const a = peers("a");
  a.heard(message("b", "b0"));
  a.sending("a1");
  const twice = message("b", "b1");
  a.heard(twice);
  a.heard(twice);
  expect(unanswered).toBe(0);
  expect(a.sending("a2")).toHaveLength(1);
});

test("what another version puts there is passed over, and a message carries no more than eight receipts", () => {
  const a = peers("a");
  a.sending("a1");
  for (const odd of [undefined, "x", [1, null, { id: "a1" }, { id: "a1", heldMs: -1 }, { id: 2, heldMs: 1 }]])
    a.heard(message("b", `odd-${JSON.stringify(odd)}`, odd));
  expect(answered).toEqual([]);
  for (let i = 0; i < 20; i++) a.heard(message(`c${i}`, `c${i}-1`));
  const receipts: readonly Receipt[] = a.sending("a2");
  expect(receipts.map(({ id }) => id)).toEqual([12, 13, 14, 15, 16, 17, 18, 19].map((i) => `c${i}-1`));
});
