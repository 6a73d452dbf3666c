import { randomInt } from "node:crypto";

/** Says which random run this is; WEIR_TEST_SEED has the one before again. */
const setting = "WEIR_TEST_SEED";

/** Picks the seed of a run. `vitest.config.ts` hands it to every worker, which reads it with `runSeed`. */
export function pickRunSeed(): number {
  return Number(process.env[setting] ?? randomInt(2 ** 31));
}

/** The environment of a worker. */
export function seedEnvironment(seed: number): Readonly<Record<string, string>> {
  return { [setting]: String(seed) };
}

/** Returns the seed of this run, the same in every worker. */
export function runSeed(): number {
  const seed = Number(process.env[setting]);
  if (!Number.isSafeInteger(seed)) throw new Error(`${setting} is ${process.env[setting]}: set a whole number`);
  return seed;
}

/** Tells how to repeat a run. */
export function howToRepeat(seed: number): string {
  return `seed of this run: ${seed}; repeat it with ${setting}=${seed}`;
}
