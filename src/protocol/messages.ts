import type { Entry } from "../chat/entry.ts";
import type { Ability } from "../chat/grant.ts";
import type { Position } from "../chat/position.ts";
import type { WireError } from "./errors.ts";
import type { Durability, RequestName } from "./schemas.ts";

/** What holds in a room, for every member. Moderators are exempt from slow mode. */
export interface RoomPolicy {
  /** UTF-8 bytes of a text. */
  readonly textBytes: number;
  /** Entries of one user, in the long run and at once. */
  readonly ratePerSecond: number;
  readonly burst: number;
  /** Least time between two messages of one user; absent where there is none. */
  readonly slowModeSeconds?: number;
  /** Age after which messages are deleted; absent where they are kept. */
  readonly retentionSeconds?: number;
  /** Users that may be in the room; absent where there is no limit. */
  readonly maxMembers?: number;
  /** False where typing is not shown. */
  readonly typing?: boolean;
}

/** `room:join`: where the room is, and what the client missed. */
export interface JoinAnswer {
  readonly head: Position;
  readonly entries: readonly Entry[];
  /** Something between `after` and the first entry can't be given back: show a break. */
  readonly gap?: true;
  /** There is more after the last entry: join again with that as `after`. */
  readonly more?: true;
  /** Every entry up to this seq is in the store; later marks come with `messages` or as `stored`. */
  readonly storedSeq?: number;
  /** The epoch in which `storedSeq` counts: an entry of an older epoch up to it may have been lost instead. */
  readonly storedEpoch?: string;
  readonly policy: RoomPolicy;
  readonly you: { readonly can: readonly Ability[]; readonly readSeq: number };
}

/** What `rooms:join` says about one room: the answer of a `room:join`, or why it is not joined. */
export type RoomJoinAnswer = { readonly room: string } & (
  | ({ readonly ok: true } & JoinAnswer)
  | { readonly ok: false; readonly error: WireError }
);

/** `message:send`, `edit`, `delete`, `react`: the place it took. */
export interface AppendAnswer extends Position {
  readonly id: string;
  readonly at: number;
  /** The tier that was reached before answering. */
  readonly durability: Durability;
  /** This id was sent before; this is the first answer again. */
  readonly duplicate?: true;
}

export interface HistoryAnswer {
  readonly entries: readonly Entry[];
  readonly more: boolean;
}

export interface Answers {
  readonly "room:join": JoinAnswer;
  /** In the order of the request. */
  readonly "rooms:join": { readonly rooms: readonly RoomJoinAnswer[] };
  readonly "room:leave": object;
  readonly "message:send": AppendAnswer;
  readonly "message:edit": AppendAnswer;
  readonly "message:delete": AppendAnswer;
  readonly "message:react": AppendAnswer;
  readonly "history:get": HistoryAnswer;
  readonly "typing:set": object;
  /** Fire and forget. */
  readonly receipt: undefined;
  /** When the new token expires, Unix ms. */
  readonly "auth:refresh": { readonly exp: number };
}

/** What every acknowledgement callback gets. */
export type Answer<N extends RequestName = RequestName> =
  | ({ readonly ok: true } & Answers[N])
  | { readonly ok: false; readonly error: WireError };

export type ResyncReason = "epoch" | "behind" | "slow";
export type ReconnectReason = "draining" | "rebalance" | "rate";

/** Server to client, by event. */
export interface Pushes {
  readonly messages: {
    readonly room: string;
    readonly entries: readonly Entry[];
    /** As in the answer to a join; where it rose since the last frame. */
    readonly storedSeq?: number;
    readonly storedEpoch?: string;
  };
  readonly typing: {
    readonly room: string;
    readonly user: { readonly id: string; readonly name?: string };
    readonly on: boolean;
  };
  readonly "room:resync": { readonly room: string; readonly from: Position; readonly reason: ResyncReason };
  readonly "room:removed": { readonly room: string; readonly reason: string };
  readonly "server:reconnect": { readonly afterMs: number; readonly reason: ReconnectReason };
  readonly "auth:expiring": { readonly at: number };
  readonly stored: { readonly room: string } & Position;
  /** Something of what holds in the room has changed. */
  readonly "room:policy": { readonly room: string; readonly policy: RoomPolicy };
}

export type PushName = keyof Pushes;
