import type { Clock } from "../../../src/kernel/clock.ts";
import type { Lease, LeaseClaim, LeaseRecord } from "../../../src/leadership/lease.ts";

/** What happens to one call: how long the request takes, whether it has its effect, how long the answer takes, whether it comes. */
export interface Fate {
  readonly requestMs: number;
  readonly applied: boolean;
  readonly answerMs: number;
  readonly answered: "yes" | "error" | "never";
}

export const smooth: Fate = { requestMs: 1, applied: true, answerMs: 1, answered: "yes" };

/** A shared record behind a network that can do anything but forge. */
export class FakeLease {
  #record: LeaseRecord | undefined;
  #version = 0;
  readonly #world: Clock;
  /** From now on, every call goes through. */
  healed = false;

  constructor(world: Clock) {
    this.#world = world;
  }

  get record(): LeaseRecord | undefined {
    return this.#record;
  }

  remove(): void {
    this.#record = undefined;
  }

  /** The lease as one process reaches it: each call takes the next fate, and all is smooth when they are used up. */
  link(fates: Iterable<Fate>): Lease {
    const drawn = fates[Symbol.iterator]();
    return {
      read: () => this.#call(drawn, () => this.#record),
      write: (claim, version) => this.#call(drawn, () => this.#write(claim, version)),
    };
  }

  #write(claim: LeaseClaim, version: string | undefined): LeaseRecord | undefined {
    if (this.#record?.version !== version) return undefined;
    this.#version += 1;
    this.#record = { ...claim, version: `v${this.#version}` };
    return this.#record;
  }

  async #call<T>(fates: Iterator<Fate>, effect: () => T): Promise<T> {
    const drawn = this.healed ? undefined : fates.next();
    const fate = drawn === undefined || drawn.done === true ? smooth : drawn.value;
    await this.#world.sleep(fate.requestMs);
    const outcome = fate.applied ? { result: effect() } : undefined;
    await this.#world.sleep(fate.answerMs);
    if (fate.answered === "never") return new Promise<T>(() => {});
    if (fate.answered === "error" || outcome === undefined) throw new Error("the lease can't be reached");
    return outcome.result;
  }
}
