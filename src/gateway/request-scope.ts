import type { Ability } from "../chat/grant.ts";
import type { Answers } from "../protocol/messages.ts";
import type { RequestName, Requests } from "../protocol/schemas.ts";
import type { LiveRoom } from "./feeds.ts";
import type { GatewayParts } from "./gateway-parts.ts";
import type { Connection, Principal } from "./ports.ts";

/** The session of a connection, as its requests use it. */
export interface SessionScope {
  readonly parts: GatewayParts;
  readonly connection: Connection;
  principal(): Principal;
  /** @throws ChatError AUTH_EXPIRED when the token is over */
  requireToken(): void;
  /** The grants' word on a room, asked anew for each request. */
  abilities(room: string): ReadonlySet<Ability>;
  /** @throws ChatError NOT_IN_ROOM without a join */
  joined(room: string): LiveRoom;
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

/**
 * One request: what a handler may use. It notes the rights on which the request rests, because a new token may take them away while the
 * request waits. They are asked for again before an append and before the answer.
 */
export interface RequestScope extends SessionScope {
  /** @throws ChatError FORBIDDEN without the ability, NOT_IN_ROOM without a join */
  member(room: string, need: Ability): LiveRoom;
  /** Notes a right. @throws ChatError FORBIDDEN with this refusal where it is not there */
  need(right: Right): void;
  /** Whether a right is there. Notes the right where it is. */
  uses(right: Right): boolean;
  /** Asks again for the token and for every noted right. @throws ChatError AUTH_EXPIRED, FORBIDDEN */
  recheck(): void;
  /** Rechecks for the last time: the append that follows is answered whatever becomes of the rights. @throws as `recheck` */
  commit(): void;
  /** A scope of the same session with rights of its own, for one of many rooms. */
  part(): RequestScope;
}

/** What a request needs to be allowed. */
export interface Right {
  /** Asked before the request goes on, and again after each of its waits. */
  readonly isHeld: () => boolean;
  /** Tells a client that it is not. */
  readonly refusal: string;
}

/** Calls `release` when later requests about the same room can no longer overtake this one; otherwise they wait for its answer. */
type Handler<N extends RequestName> = (
  scope: RequestScope,
  request: Requests[N],
  release: () => void,
) => Promise<Answers[N]>;
export type Handlers = { readonly [N in RequestName]: Handler<N> };
