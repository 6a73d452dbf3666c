/** How long a place in a room is kept for a user whose gateway does not renew it, ms. */
export const rosterLeaseMs = 30_000;

/** Gateways renew the places of their users this often, ms. */
export const rosterRenewMs = 10_000;

/**
 * Who is in a room, over all gateways, for rooms that have a limit. A user has one place in a room, however many connections. A place
 * lasts for `rosterLeaseMs`, so that a user whose connection broke finds it again, and those of a gateway that died become free.
 * All of it rejects with UNAVAILABLE.
 */
export interface RoomRoster {
  /** Whether the user is in the room now: had a place, which is renewed, or took one of those that are free. Atomic. */
  enter(room: string, user: string, max: number): Promise<boolean>;
  /** Gives the place up at once. */
  leave(room: string, user: string): Promise<void>;
  /** Renews the places of users, and gives one to those who have none, whatever the limit. */
  renew(room: string, users: readonly string[]): Promise<void>;
}
