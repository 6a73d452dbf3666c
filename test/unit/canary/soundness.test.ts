import fc from "fast-check";
import { expect, test } from "vitest";
import { beginUnsound, followRound, type Soundness } from "../../../src/canary/soundness.ts";

const rules = { maxAgeMs: 35_000, toReturn: 2 };

/** Rounds a second apart: `+` is sound, `-` is not, `.` is ten seconds without one. */
function after(rounds: string): Soundness {
  let state = beginUnsound(rules, 0);
  let at = 0;
  for (const round of rounds) {
    at += round === "." ? 10_000 : 1_000;
    if (round !== ".") state = followRound(rules, state, { isSound: round === "+", at });
  }
  return state;
}

test("before its first sound round it is not sound, and that one is enough", () => {
  expect(after("").isSound).toBe(false);
  expect(after("--").isSound).toBe(false);
  expect(after("+").isSound).toBe(true);
});

test("failures take it away only when the last sound round is too long ago", () => {
  expect(after("+---").isSound).toBe(true);
  expect(after("+.-.-.-").isSound).toBe(true);
  expect(after("+.-.-.-.-").isSound).toBe(false);
});

test("one sound round after many failures does not bring it back, two in a row do", () => {
  const away = "+....-";
  expect(after(away).isSound).toBe(false);
  expect(after(`${away}+`).isSound).toBe(false);
  expect(after(`${away}+-+`).isSound).toBe(false);
  expect(after(`${away}++`).isSound).toBe(true);
});

test("an outage takes it away the second time as it did the first", () => {
  const back = "+....-++";
  expect(after(`${back}.-.-.-`).isSound).toBe(true);
  expect(after(`${back}.-.-.-.-`).isSound).toBe(false);
  expect(after(`${back}.-.-.-.-+`).isSound).toBe(false);
});

test("whatever happens, two sound rounds in a row make it sound, and it is unsound only while it is old or returning", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("+", "-", "."), { maxLength: 60 }), (rounds) => {
      const text = rounds.join("");
      expect(after(`${text}++`).isSound).toBe(true);
      const { isSound, inRow } = after(text);
      if (isSound || inRow > 0) return;
      expect(after(`${text}+`).inRow).toBe(1);
    }),
  );
});
