import type { RoomRoster } from "../../gateway/room-roster.ts";
import type { Clock } from "../../kernel/clock.ts";

/** Places in rooms, for the gateways of one process. */
export class MemoryRoster implements RoomRoster {
  readonly #clock: Clock;
  readonly #leaseMs: number;
  /** By room: when the place of each user ends, monotonic ms. */
  readonly #rooms = new Map<string, Map<string, number>>();

  constructor(clock: Clock, leaseMs: number) {
    this.#clock = clock;
    this.#leaseMs = leaseMs;
  }

  enter(room: string, user: string, max: number): Promise<boolean> {
    const places = this.#current(room);
    const isIn = places.has(user) || places.size < max;
    if (isIn) this.#put(room, places, [user]);
    return Promise.resolve(isIn);
  }

  leave(room: string, user: string): Promise<void> {
    this.#rooms.get(room)?.delete(user);
    return Promise.resolve();
  }

  renew(room: string, users: readonly string[]): Promise<void> {
    this.#put(room, this.#current(room), users);
    return Promise.resolve();
  }

  #current(room: string): Map<string, number> {
    const places = this.#rooms.get(room) ?? new Map<string, number>();
    const now = this.#clock.monotonic();
    for (const [user, until] of places) if (until <= now) places.delete(user);
    this.#forgetEmpty();
    return places;
  }

  /** Two rooms at a time, in turn: those that nobody enters any more go sooner than others come. */
  #forgetEmpty(): void {
    const now = this.#clock.monotonic();
    let looked = 0;
    for (const [room, places] of this.#rooms) {
      if (looked++ === 2) return;
      this.#rooms.delete(room);
      if ([...places.values()].some((until) => until > now)) this.#rooms.set(room, places);
    }
  }

  #put(room: string, places: Map<string, number>, users: readonly string[]): void {
    for (const user of users) places.set(user, this.#clock.monotonic() + this.#leaseMs);
    this.#rooms.set(room, places);
  }
}
