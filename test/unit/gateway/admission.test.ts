import fc from "fast-check";
import { expect, test } from "vitest";
import { type AdmissionCause, type HandshakeFacts, harmless, judgeHandshake } from "../../../src/gateway/admission.ts";
import { type Lane, type Line, takeTurn } from "../../../src/gateway/admission-line.ts";

const refusedTurn: HandshakeFacts["turn"] = { ...harmless.turn, granted: false, retryAfterMs: 700 };

/** What makes each check fail, in the order of the checks. */
const failing: readonly (readonly [AdmissionCause, Partial<HandshakeFacts>])[] = [
  ["draining", { draining: true }],
  ["loop", { shortOf: "loop" }],
  ["memory", { shortOf: "memory" }],
  ["rate", { turn: refusedTurn }],
  ["address", { addressFull: true }],
  ["origin", { originAllowed: false }],
  ["query_token", { tokenInQuery: true }],
  ["user", { userFull: true }],
];

test("nothing is held against a handshake that fails no check", () => {
  expect(judgeHandshake(harmless, 0.5)).toEqual({ kind: "admitted", waitMs: 0 });
});

test("a handshake that is admitted waits for its turn", () => {
  const turn: HandshakeFacts["turn"] = { ...harmless.turn, granted: true, waitMs: 300 };
  expect(judgeHandshake({ ...harmless, turn }, 0.5)).toEqual({ kind: "admitted", waitMs: 300 });
});

test("of all the checks that fail, the cheapest is the cause", () => {
  const some = fc.subarray([...failing.keys()], { minLength: 1 });
  fc.assert(
    fc.property(some, fc.double({ min: 0, max: 0.99, noNaN: true }), (which, random) => {
      // `shortOf` has one value at a time: what comes first wins here as it does there.
      const facts = which.toReversed().reduce((all, index) => ({ ...all, ...failing[index]?.[1] }), harmless);
      expect(judgeHandshake(facts, random)).toMatchObject({ kind: "refused", cause: failing[which[0] ?? 0]?.[0] });
    }),
  );
});

test("who is refused for a while is told when to come back, spread over some seconds; who is refused for good is not", () => {
  const after = (facts: Partial<HandshakeFacts>, random: number) => {
    const verdict = judgeHandshake({ ...harmless, ...facts }, random);
    return verdict.kind === "refused" ? verdict.retryAfterMs : 0;
  };
  expect([after({ turn: refusedTurn }, 0), after({ turn: refusedTurn }, 0.5)]).toEqual([700, 2_700]);
  expect(after({ draining: true }, 0)).toBe(1_000);
  expect(after({ originAllowed: false }, 0.5)).toBeUndefined();
  expect(after({ tokenInQuery: true }, 0.5)).toBeUndefined();
});

interface Came {
  readonly lane: Lane;
  readonly afterMs: number;
}

const rate = { ratePerSecond: 100, burst: 20 };
const rules = { rate, patienceMs: 500 };

/** The times at which each lane's handshakes got their turn. */
function turnsOf(arrivals: readonly Came[]): Record<Lane, number[]> {
  const turns: Record<Lane, number[]> = { resuming: [], new: [] };
  let line: Line | undefined;
  let now = 0;
  for (const { lane, afterMs } of arrivals) {
    now += afterMs;
    const turn = takeTurn(rules, line, { lane, now });
    line = turn.line;
    if (turn.granted) turns[lane].push(now + turn.waitMs);
  }
  return turns;
}

const came = fc.record({ lane: fc.constantFrom<Lane>("resuming", "new"), afterMs: fc.integer({ min: 0, max: 30 }) });

test("whoever comes, and whatever they call themselves, no more get in than the rate of the process allows", () => {
  fc.assert(
    fc.property(fc.array(came, { maxLength: 400 }), (arrivals) => {
      const { resuming, new: newcomers } = turnsOf(arrivals);
      const all = [...resuming, ...newcomers].sort((a, b) => a - b);
      for (const [index, at] of all.entries()) {
        const first = all[0] ?? 0;
        expect(index + 1).toBeLessThanOrEqual(rate.burst + 2 + ((at - first) * rate.ratePerSecond) / 1_000);
      }
    }),
  );
});

test("nobody waits for a turn longer than the patience, and who is refused is told at least that", () => {
  fc.assert(
    fc.property(fc.array(came, { maxLength: 400 }), (arrivals) => {
      let line: Line | undefined;
      let now = 0;
      for (const { lane, afterMs } of arrivals) {
        now += afterMs;
        const turn = takeTurn(rules, line, { lane, now });
        line = turn.line;
        if (turn.granted) expect(turn.waitMs).toBeLessThanOrEqual(rules.patienceMs);
        else expect(turn.retryAfterMs).toBeGreaterThan(rules.patienceMs);
      }
    }),
  );
});

test("of newcomers that come at once, the last ones wait the whole patience, and all others are refused", () => {
  const { new: newcomers } = turnsOf(Array.from({ length: 100 }, (): Came => ({ lane: "new", afterMs: 0 })));
  expect(newcomers.at(-1)).toBe(rules.patienceMs);
  expect(newcomers.length).toBeLessThan(100);
});

test("newcomers leave half of what the other lane has to those who resume, who come in at once", () => {
  const crowd = Array.from({ length: 100 }, (): Came => ({ lane: "new", afterMs: 0 }));
  const { resuming } = turnsOf([
    ...crowd,
    ...Array.from({ length: 4 }, (): Came => ({ lane: "resuming", afterMs: 0 })),
  ]);
  expect(resuming).toEqual([0, 0, 0, 0]);
});

test("a storm of newcomers does not keep out those who resume, who are sure of half the rate", () => {
  const storm = Array.from(
    { length: 5_000 },
    (_, i): Came => ({ lane: i % 25 === 0 ? "resuming" : "new", afterMs: 1 }),
  );
  const { resuming, new: newcomers } = turnsOf(storm);
  expect(resuming).toHaveLength(200);
  expect(newcomers.length).toBeGreaterThan(200);
  expect(newcomers.length).toBeLessThan(500);
});

test("with newcomers only, they have nearly the whole rate", () => {
  const { new: newcomers } = turnsOf(Array.from({ length: 5_000 }, (): Came => ({ lane: "new", afterMs: 1 })));
  expect(newcomers.length).toBeGreaterThan(450);
});
