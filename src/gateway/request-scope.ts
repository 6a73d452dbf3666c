import type { Ability } from "../chat/grant.ts";
import type { Answers } from "../protocol/messages.ts";
import type { RequestName, Requests } from "../protocol/schemas.ts";
import type { LiveRoom } from "./feeds.ts";
import type { GatewayParts } from "./gateway-parts.ts";
import type { Connection, Principal } from "./ports.ts";

/** What a handler may use: the gateway's parts, and the session that asks. */
export interface RequestScope {
  readonly parts: GatewayParts;
  readonly connection: Connection;
  principal(): Principal;
  /** The grants' word on a room, asked anew for each request. */
  abilities(room: string): ReadonlySet<Ability>;
  /** @throws ChatError FORBIDDEN without the ability, NOT_IN_ROOM without a join */
  member(room: string, need: Ability): LiveRoom;
  isMember(room: string): boolean;
  /**
   * Keeps one of the connection's rooms free for a join, until `enter` takes it or the returned function gives it back.
   * @throws ChatError ROOM_FULL when the connection has as many rooms as it may
   */
  reserve(room: string): () => void;
  enter(room: string): void;
  exit(room: string): void;
  /** Runs a part of a request about many rooms, in order with the connection's other requests about this one. */
  inOrder<T>(room: string, signal: AbortSignal, run: () => Promise<T>): Promise<T>;
  /** The client has everything of the room up to `seq`. Never goes back. */
  confirm(room: string, seq: number): void;
  replacePrincipal(principal: Principal): void;
}

/** Calls `release` when later requests about the same room can no longer overtake this one; otherwise they wait for its answer. */
type Handler<N extends RequestName> = (
  scope: RequestScope,
  request: Requests[N],
  release: () => void,
) => Promise<Answers[N]>;
export type Handlers = { readonly [N in RequestName]: Handler<N> };
