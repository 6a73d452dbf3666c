import { pickRunSeed } from "./run-seed.ts";

/** A stream of numbers in [0, 1) from the seed of the run. */
export function runRandom(): () => number {
  return seededRandom(pickRunSeed());
}

/** A stream of numbers in [0, 1) that is the same for the same seed, so that a failed run can be had again. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 4_294_967_296;
  };
}
