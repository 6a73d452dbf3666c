import type { Clock } from "../kernel/clock.ts";
import type { Connection } from "./ports.ts";

export interface SendAwayOptions {
  /** Those who are here now, asked anew for each step. */
  readonly connections: () => readonly Connection[];
  /** Over which they are sent away, ms. */
  readonly windowMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  /** Aborts when there is no more time: those who are left go at once. */
  readonly signal: AbortSignal;
}

/** Between two steps, ms. */
const stepMs = 100;
/** Clients wait up to this long before they come back, so that they do not arrive together, ms. */
const comeBackWithinMs = 2_000;

/** Closes the connections at an even pace over the window, each told when to come back. Resolves when nobody is left. */
export async function sendAway(options: SendAwayOptions): Promise<void> {
  const { connections, windowMs, clock, signal } = options;
  const end = clock.monotonic() + windowMs;
  for (let here = connections(); here.length > 0; here = connections()) {
    const steps = signal.aborted ? 1 : Math.max(1, Math.ceil((end - clock.monotonic()) / stepMs));
    for (const connection of here.slice(0, Math.ceil(here.length / steps))) dismiss(connection, options);
    await clock.sleep(stepMs, signal.aborted ? undefined : signal);
    if (signal.aborted && steps === 1) return;
  }
}

function dismiss(connection: Connection, { random }: SendAwayOptions): void {
  connection.send("server:reconnect", { afterMs: Math.round(random() * comeBackWithinMs), reason: "draining" });
  connection.close();
}
