import { sumOf } from "./exposition.ts";
import type { Meter } from "./meter.ts";

/** What several servers use together, from one look to the next. */
export class ServerWatch {
  readonly #meter: Meter;
  #before: { readonly cpuSeconds: number; readonly at: number } | undefined;

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  /** @param expositions of all of them; where one is missing nothing is said, because the sum would be too small @param at Unix ms */
  look(expositions: readonly string[], at: number): void {
    const cpuSeconds = total(expositions, "process_cpu_seconds_total");
    const bytes = total(expositions, "process_resident_memory_bytes");
    if (cpuSeconds === undefined || bytes === undefined) return;
    this.#meter("chat_server_memory_bytes", bytes);
    const before = this.#before;
    this.#before = { cpuSeconds, at };
    // A process that started anew begins at 0.
    if (before === undefined || cpuSeconds < before.cpuSeconds || at <= before.at) return;
    this.#meter("chat_server_cpu_cores", ((cpuSeconds - before.cpuSeconds) * 1_000) / (at - before.at));
  }
}

function total(expositions: readonly string[], name: string): number | undefined {
  const sums = expositions.map((exposition) => sumOf(exposition, name));
  return sums.reduce<number | undefined>(
    (all, sum) => (all === undefined || sum === undefined ? undefined : all + sum),
    0,
  );
}
