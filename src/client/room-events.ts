import type { Author, Entry } from "../chat/entry.ts";
import type { Position } from "../chat/position.ts";
import type { ChatError } from "../protocol/errors.ts";
import type { JoinAnswer, ResyncReason, RoomPolicy } from "../protocol/messages.ts";
import type { Pending } from "./outbox.ts";

/** Where a room is with the server. `out` is final until it is joined again. */
export type RoomState =
  | { readonly status: "joining" }
  | { readonly status: "live" }
  | { readonly status: "out"; readonly reason: string; readonly error?: ChatError };

/** Why a room asks the server again for what it may have missed. */
export type SyncReason = ResyncReason | "join" | "reconnect" | "membership";

export interface RoomEvents {
  /** In strictly ascending positions, each once. Edits, deletes and reactions are entries too: `foldOne` applies them. */
  readonly entries: readonly Entry[];
  /** What lay between the two positions can't be given back. Comes before the entries that follow it. */
  readonly gap: { readonly after: Position; readonly head: Position };
  /** Each time the server has said where the room is; `entries` of this answer were delivered as such. */
  readonly joined: JoinAnswer;
  /** What holds in the room, when it is joined and each time that it changes. */
  readonly policy: RoomPolicy;
  /** Everything up to this seq is in the store. Only ever rises within an epoch. */
  readonly stored: number;
  readonly typing: { readonly user: Author; readonly on: boolean };
  readonly resync: SyncReason;
  readonly pending: readonly Pending[];
  readonly state: RoomState;
}
