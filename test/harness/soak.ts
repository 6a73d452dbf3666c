import { setTimeout as pause } from "node:timers/promises";

const firstSeed = 1;

/** One seed, or as many as SEEDS says; from SEED on, to have a certain run again. */
export function seeds(): number[] {
  const first = Number(process.env["SEED"] ?? firstSeed);
  const count = Number(process.env["SEEDS"] ?? 1);
  return Array.from({ length: count }, (_, i) => first + i);
}

/** How long a fault lasts, ms. Never to be used to wait for something: that is what `until` is for. */
export function lasting(ms: number): Promise<void> {
  return pause(ms);
}
