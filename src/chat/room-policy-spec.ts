/** Who may write the first entry of a room. */
export type RoomCreators = "anyone" | "moderators" | "nobody";

/** So many in the long run, and at once after a pause. */
export interface PolicyRate {
  readonly perSecond: number;
  readonly burst: number;
}

/**
 * What one policy says of the rooms that it names: the `spec` of a ChatRoomPolicy. What it leaves out, the deployment's settings decide.
 * A policy can only narrow what the wire's own limits allow.
 */
export interface RoomPolicySpec {
  /** Patterns as in grants: `*` is one segment or a part of one, `**` at the end everything from there on. */
  readonly rooms: readonly string[];
  /** Of several policies that match a room, the one with the greatest priority decides; 0 where absent. */
  readonly priority?: number;
  /** Entries into a room, of all users. */
  readonly rate?: PolicyRate;
  /** Entries of one user into a room. The user's requests are counted first, so this can only narrow. */
  readonly userRate?: PolicyRate;
  /** Least time between two messages of one user in a room, seconds; 0 is none. Moderators are exempt. */
  readonly slowModeSeconds?: number;
  /** Age after which stored messages are deleted, seconds; 0 keeps them. */
  readonly retentionSeconds?: number;
  /** UTF-8 bytes of a message's text. */
  readonly textMaxBytes?: number;
  /** Users that may be in a room. */
  readonly maxMembers?: number;
  /** Switches of what is not kept. */
  readonly ephemeral?: { readonly typing?: boolean };
  readonly create?: RoomCreators;
}

/** The part of a policy that holds in its rooms. */
export type PolicySettings = Omit<RoomPolicySpec, "rooms" | "priority">;

/** All that a policy can say of its rooms. */
export const policySettingNames = [
  "rate",
  "userRate",
  "slowModeSeconds",
  "retentionSeconds",
  "textMaxBytes",
  "maxMembers",
  "ephemeral",
  "create",
] as const satisfies readonly (keyof PolicySettings)[];
