import type { Ability } from "../chat/grant.ts";
import { ChatError } from "../protocol/errors.ts";
import type { LiveRoom } from "./feeds.ts";
import type { GatewayParts } from "./gateway-parts.ts";
import type { Connection, Principal } from "./ports.ts";
import type { RequestScope, Right, SessionScope } from "./request-scope.ts";

/** One request of a session, and the rights on which it rests. */
export class ChatRequest implements RequestScope {
  readonly parts: GatewayParts;
  readonly connection: Connection;
  readonly #session: SessionScope;
  readonly #rights: Right[] = [];
  #isCommitted = false;

  constructor(session: SessionScope) {
    this.parts = session.parts;
    this.connection = session.connection;
    this.#session = session;
  }

  need(right: Right): void {
    require(right);
    this.#rights.push(right);
  }

  uses(right: Right): boolean {
    if (!right.isHeld()) return false;
    this.#rights.push(right);
    return true;
  }

  member(room: string, need: Ability): LiveRoom {
    this.need(this.#ability(room, need));
    const live = this.joined(room);
    // A member without the right to read is put out of the room.
    this.need(this.#ability(room, "read"));
    return live;
  }

  recheck(): void {
    if (this.#isCommitted) return;
    this.requireToken();
    for (const right of this.#rights) require(right);
  }

  commit(): void {
    this.recheck();
    this.#isCommitted = true;
  }

  part(): RequestScope {
    return new ChatRequest(this.#session);
  }

  principal(): Principal {
    return this.#session.principal();
  }

  requireToken(): void {
    this.#session.requireToken();
  }

  abilities(room: string): ReadonlySet<Ability> {
    return this.#session.abilities(room);
  }

  joined(room: string): LiveRoom {
    return this.#session.joined(room);
  }

  isMember(room: string): boolean {
    return this.#session.isMember(room);
  }

  reserve(room: string): () => void {
    return this.#session.reserve(room);
  }

  enter(room: string): void {
    this.#session.enter(room);
  }

  exit(room: string): void {
    this.#session.exit(room);
  }

  inOrder<T>(room: string, signal: AbortSignal, run: () => Promise<T>): Promise<T> {
    return this.#session.inOrder(room, signal, run);
  }

  confirm(room: string, seq: number): void {
    this.#session.confirm(room, seq);
  }

  replacePrincipal(principal: Principal): void {
    this.#session.replacePrincipal(principal);
  }

  #ability(room: string, ability: Ability): Right {
    return {
      isHeld: () => this.abilities(room).has(ability),
      refusal: `not allowed to ${ability} in this room`,
    };
  }
}

function require({ isHeld, refusal }: Right): void {
  if (!isHeld()) throw new ChatError("FORBIDDEN", refusal);
}
