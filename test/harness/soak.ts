import { setTimeout as pause } from "node:timers/promises";
import { runSeed } from "./run-seed.ts";

/** The seed of this run, or as many from there on as SEEDS says. */
export function seeds(): number[] {
  const first = runSeed();
  const count = Number(process.env["SEEDS"] ?? 1);
  return Array.from({ length: count }, (_, i) => first + i);
}

/** How long a fault, or a silence that is measured, lasts, ms. Never to be used to wait for something: that is what `until` is for. */
export function lasting(ms: number): Promise<void> {
  return pause(ms);
}
