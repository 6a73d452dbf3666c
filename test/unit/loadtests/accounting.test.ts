import { describe, expect, test } from "vitest";
import { Ledger } from "../../../loadtests/lib/accounting.ts";
import { messageId } from "../../../loadtests/lib/message-id.ts";
import { addVerdicts, emptyVerdict, faultsOf } from "../../../loadtests/lib/verdict.ts";

const room = "r";
const ada = { member: "ada", room };
const ben = { member: "ben", room };
const place = (seq: number, epoch = "1") => ({ epoch, seq });
const entry = (seq: number, epoch = "1") => ({ epoch, seq, id: `m${seq}` });

/** A ledger with two members at the room's start. */
function ledgerOfTwo(): Ledger {
  const ledger = new Ledger();
  for (const membership of [ada, ben]) ledger.joined(membership, place(0));
  return ledger;
}

function send(ledger: Ledger, seq: number): void {
  ledger.sent({ id: `m${seq}`, room, at: 100 });
  ledger.acknowledged({ ...entry(seq), room, at: 105 });
}

describe("a run without a fault", () => {
  test("adds up to accepted, delivered and stored", () => {
    const ledger = ledgerOfTwo();
    for (const seq of [1, 2, 3]) {
      send(ledger, seq);
      for (const membership of [ada, ben]) ledger.delivered(membership, entry(seq), 110);
    }
    ledger.stored(room, [entry(1), entry(2)]);
    ledger.stored(room, [entry(3)]);
    const verdict = ledger.verdict();
    expect(verdict).toMatchObject({ sent: 3, accepted: 3, delivered: 6, stored: 3, unanswered: 0, refusedBy: {} });
    expect(verdict.ack).toMatchObject({ count: 3, max: 5 });
    expect(faultsOf(verdict)).toEqual([]);
    expect(ledger.isSettled()).toBe(true);
  });

  test("is not sound where nothing happened or nobody looked", () => {
    expect(faultsOf(emptyVerdict)).toEqual(["nothing was accepted and delivered"]);
    const ledger = ledgerOfTwo();
    send(ledger, 1);
    for (const membership of [ada, ben]) ledger.delivered(membership, entry(1), 110);
    expect(faultsOf(ledger.verdict())).toEqual(["1 acknowledged in rooms whose history was not read"]);
  });

  test("counts a retry as the same send, and a second answer as the same", () => {
    const ledger = ledgerOfTwo();
    send(ledger, 1);
    send(ledger, 1);
    expect(ledger.verdict()).toMatchObject({ sent: 1, accepted: 1, ack: { count: 1 } });
  });

  test("counts refusals by code, and what was never answered", () => {
    const ledger = ledgerOfTwo();
    for (const id of ["a", "b", "c"]) ledger.sent({ id, room, at: 0 });
    ledger.refused("a", "OVERLOADED");
    ledger.refused("b", "OVERLOADED");
    expect(ledger.verdict()).toMatchObject({ sent: 3, refusedBy: { OVERLOADED: 2 }, unanswered: 1, accepted: 0 });
    expect(ledger.isSettled()).toBe(false);
  });
});

describe("what a server can do wrong", () => {
  test("losing what it has acknowledged is a loss", () => {
    const ledger = ledgerOfTwo();
    for (const seq of [1, 2]) send(ledger, seq);
    ledger.stored(room, [entry(2)]);
    expect(ledger.verdict()).toMatchObject({ lost: 1, stored: 1, unread: 0 });
  });

  test("storing it elsewhere than it said is a loss and a second place", () => {
    const ledger = ledgerOfTwo();
    send(ledger, 1);
    ledger.stored(room, [{ epoch: "1", seq: 2, id: "m1" }]);
    expect(ledger.verdict()).toMatchObject({ lost: 1, storedTwice: 1 });
  });

  test("leaving one member out is a missing delivery", () => {
    const ledger = ledgerOfTwo();
    for (const seq of [1, 2, 3]) ledger.delivered(ada, entry(seq), 0);
    for (const seq of [1, 3]) ledger.delivered(ben, entry(seq), 0);
    expect(ledger.verdict()).toMatchObject({ delivered: 5, missing: 1, outOfOrder: 0 });
    expect(ledger.placeOf(ben)).toEqual(place(1));
  });

  test("leaving out the last one is seen by what the others got", () => {
    const ledger = ledgerOfTwo();
    ledger.delivered(ada, entry(1), 0);
    expect(ledger.verdict()).toMatchObject({ missing: 1 });
    expect(ledger.isSettled()).toBe(false);
  });

  test("leaving out the last one for everybody is seen by the answer, and by the history", () => {
    const acknowledged = ledgerOfTwo();
    send(acknowledged, 1);
    expect(acknowledged.verdict()).toMatchObject({ missing: 2 });
    const read = ledgerOfTwo();
    read.stored(room, [entry(1)]);
    expect(read.verdict()).toMatchObject({ missing: 2 });
  });

  test("sending twice is a duplicate", () => {
    const ledger = ledgerOfTwo();
    for (const seq of [1, 1, 2, 1]) ledger.delivered(ada, entry(seq), 0);
    expect(ledger.verdict()).toMatchObject({ delivered: 2, duplicated: 2, outOfOrder: 0 });
  });

  test("swapping two is out of order, and nothing is missing in the end", () => {
    const ledger = ledgerOfTwo();
    for (const seq of [2, 1, 3]) ledger.delivered(ada, entry(seq), 0);
    for (const seq of [1, 2, 3]) ledger.delivered(ben, entry(seq), 0);
    expect(ledger.verdict()).toMatchObject({ delivered: 6, outOfOrder: 1, missing: 0, duplicated: 0 });
  });

  test("giving one message two places is out of order", () => {
    const ledger = ledgerOfTwo();
    send(ledger, 1);
    ledger.delivered(ada, { epoch: "1", seq: 1, id: "other" }, 0);
    ledger.delivered(ada, { epoch: "1", seq: 2, id: "m1" }, 0);
    expect(ledger.verdict()).toMatchObject({ outOfOrder: 1 });
  });
});

describe("a member who was away", () => {
  test("is owed nothing until it comes back, and then what it missed", () => {
    const ledger = ledgerOfTwo();
    ledger.left(ben);
    for (const seq of [1, 2, 3]) ledger.delivered(ada, entry(seq), 0);
    expect(ledger.verdict()).toMatchObject({ missing: 0 });
    ledger.caughtUp(ben, { head: place(3), entries: [entry(1), entry(2)], more: true });
    expect(ledger.verdict()).toMatchObject({ missing: 1 });
    ledger.caughtUp(ben, { head: place(3), entries: [entry(3)] });
    expect(ledger.verdict()).toMatchObject({ missing: 0, gapsFilled: 2, caughtUp: 3, delivered: 3 });
    ledger.delivered(ben, entry(3), 0);
    expect(ledger.verdict()).toMatchObject({ duplicated: 1 });
  });

  test("misses what a catch-up left out", () => {
    const ledger = ledgerOfTwo();
    ledger.caughtUp(ada, { head: place(4), entries: [entry(1), entry(3)] });
    ledger.left(ben);
    expect(ledger.verdict()).toMatchObject({ missing: 2, caughtUp: 2 });
  });

  test("fills a hole after a resync, whatever came behind it meanwhile", () => {
    const ledger = ledgerOfTwo();
    for (const seq of [1, 5]) ledger.delivered(ada, entry(seq), 0);
    ledger.left(ben);
    ledger.caughtUp(ada, { head: place(5), entries: [2, 3, 4, 5].map((seq) => entry(seq)) });
    expect(ledger.verdict()).toMatchObject({ missing: 0, gapsFilled: 1, caughtUp: 3, outOfOrder: 0, duplicated: 0 });
  });

  test("does not count what the server says is gone as missing", () => {
    const ledger = ledgerOfTwo();
    ledger.left(ben);
    for (const seq of [1, 3]) ledger.delivered(ada, entry(seq), 0);
    ledger.caughtUp(ada, { head: place(9), entries: [entry(8), entry(9)], gap: true });
    expect(ledger.verdict()).toMatchObject({ missing: 0, declared: 5, caughtUp: 2 });
  });

  test("who comes in anew without a place has no claim to what was in between", () => {
    const ledger = ledgerOfTwo();
    ledger.left(ben);
    ledger.delivered(ada, entry(1), 0);
    ledger.joined(ben, place(1));
    expect(ledger.verdict()).toMatchObject({ missing: 0, caughtUp: 0 });
  });
});

describe("a new epoch", () => {
  test("goes on at the next seq", () => {
    const ledger = ledgerOfTwo();
    ledger.left(ben);
    for (const next of [entry(1), entry(2, "2")]) ledger.delivered(ada, next, 0);
    expect(ledger.verdict()).toMatchObject({ delivered: 2, missing: 0, outOfOrder: 0 });
  });

  test("may give a seq again where the gap was declared, and not where it was not", () => {
    const declared = ledgerOfTwo();
    declared.left(ben);
    for (const seq of [1, 2]) declared.delivered(ada, entry(seq), 0);
    declared.caughtUp(ada, { head: place(2, "2"), entries: [entry(2, "2")], gap: true });
    declared.delivered(ada, entry(3, "2"), 0);
    expect(declared.verdict()).toMatchObject({ outOfOrder: 0, missing: 0, duplicated: 0, delivered: 3, caughtUp: 1 });
    const silent = ledgerOfTwo();
    for (const next of [entry(1), entry(2), entry(2, "2"), entry(3)]) silent.delivered(ada, next, 0);
    expect(silent.verdict()).toMatchObject({ outOfOrder: 2 });
  });
});

test("an id tells how long its message took", () => {
  const ledger = ledgerOfTwo();
  const id = messageId("ada", 7, 1_700_000_000_000.25);
  expect(ledger.delivered(ada, { ...place(1), id }, 1_700_000_000_010.5)).toBeCloseTo(10.25, 3);
  expect(ledger.delivered(ada, { ...place(2), id: "not-made-here" }, 1_700_000_000_010)).toBeUndefined();
  expect(ledger.verdict().delivery.count).toBe(1);
});

test("verdicts of several processes are added", () => {
  const one = ledgerOfTwo();
  send(one, 1);
  for (const membership of [ada, ben]) one.delivered(membership, { ...entry(1) }, 0);
  one.stored(room, [entry(1)]);
  const two = new Ledger();
  two.sent({ id: "x", room, at: 0 });
  two.refused("x", "OVERLOADED");
  expect(addVerdicts(one.verdict(), two.verdict())).toMatchObject({
    sent: 2,
    accepted: 1,
    refusedBy: { OVERLOADED: 1 },
    delivered: 2,
    stored: 1,
    ack: { count: 1 },
  });
});

test("nobody gets anything of a room without having joined it", () => {
  expect(() => new Ledger().delivered(ada, entry(1), 0)).toThrow("without having joined");
});
