import { matchesRoom } from "./room-match.ts";

export type Ability = "read" | "write" | "moderate";

/** What a token or the deployment's default allows in the rooms that a pattern matches. */
export interface Grant {
  /** A room name in which `*` stands for one segment, or a part of one, and `**` as the last segment for everything from there on. */
  readonly room: string;
  readonly can: readonly Ability[];
}

/** All that the grants together allow in a room. */
export function abilitiesIn(grants: readonly Grant[], room: string): ReadonlySet<Ability> {
  return new Set(grants.filter((grant) => matchesRoom(grant.room, room)).flatMap((grant) => grant.can));
}
