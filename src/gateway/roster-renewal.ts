import type { Clock } from "../kernel/clock.ts";
import type { Logger } from "../telemetry/logger.ts";
import { type RoomRoster, rosterRenewMs } from "./room-roster.ts";

export interface RosterRenewalOptions {
  readonly roster: RoomRoster;
  /** Whether any room has a limit now. */
  readonly needed: () => boolean;
  readonly isLimited: (room: string) => boolean;
  /** Who is here, and where; a user once for each connection. */
  readonly members: () => Iterable<{ readonly user: string; readonly rooms: Iterable<string> }>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Keeps the places of those who are here, in rooms that have a limit. */
export class RosterRenewal {
  readonly #options: RosterRenewalOptions;
  #running = false;
  #stopped = false;
  #cancel = (): void => {};

  constructor(options: RosterRenewalOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#stopped) return;
    this.#cancel = this.#options.clock.schedule(rosterRenewMs, () => {
      void this.renew().finally(() => this.start());
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /** Once, now; nothing where it is under way. Never rejects. */
  async renew(): Promise<void> {
    const { roster, needed, logger } = this.#options;
    if (this.#running || !needed()) return;
    this.#running = true;
    try {
      for (const [room, users] of this.#byRoom()) await roster.renew(room, [...users]);
    } catch (error) {
      logger.warn({ err: error }, "places in rooms could not be renewed");
    } finally {
      this.#running = false;
    }
  }

  #byRoom(): ReadonlyMap<string, ReadonlySet<string>> {
    const { members, isLimited } = this.#options;
    const found = new Map<string, Set<string>>();
    for (const { user, rooms } of members())
      for (const room of rooms) if (isLimited(room)) found.set(room, (found.get(room) ?? new Set()).add(user));
    return found;
  }
}
