import type { Fleet, GatewayLoad } from "../../gateway/fleet.ts";
import type { Clock } from "../../kernel/clock.ts";

/** The gateways of one process. */
export class MemoryFleet implements Fleet {
  readonly #clock: Clock;
  readonly #memoryMs: number;
  readonly #reports = new Map<string, { readonly load: GatewayLoad; readonly at: number }>();

  constructor(clock: Clock, memoryMs: number) {
    this.#clock = clock;
    this.#memoryMs = memoryMs;
  }

  report(load: GatewayLoad): Promise<readonly GatewayLoad[]> {
    const now = this.#clock.monotonic();
    this.#reports.set(load.gateway, { load, at: now });
    for (const [gateway, { at }] of this.#reports) if (now - at > this.#memoryMs) this.#reports.delete(gateway);
    return Promise.resolve([...this.#reports.values()].map((report) => report.load));
  }

  leave(gateway: string): Promise<void> {
    this.#reports.delete(gateway);
    return Promise.resolve();
  }
}
