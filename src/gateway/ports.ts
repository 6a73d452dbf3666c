import type { Grant } from "../chat/grant.ts";
import type { Answer, Pushes, PushName } from "../protocol/messages.ts";

/* What the gateway needs from the network, and what it offers to it. The network knows rooms only as names of groups. */

/** Who a token speaks for. */
export interface Principal {
  readonly id: string;
  readonly name?: string;
  /** The token's own `rooms`, or the deployment's default. */
  readonly grants: readonly Grant[];
  readonly admin: boolean;
  /** When the token was issued, Unix ms; absent where it does not say so. */
  readonly issuedAt?: number;
  /** When the token expires, Unix ms. */
  readonly expiresAt: number;
  /** It is the gateway's own canary and no user: it has the canary's room and no other, and is not counted as a client. */
  readonly canary?: true;
}

export interface TokenVerifier {
  /** Rejects with UNAUTHENTICATED or AUTH_EXPIRED; with UNAVAILABLE when the keys can't be fetched. */
  verify(token: string): Promise<Principal>;
}

/** One client's connection, as the gateway sees it. */
export interface Connection {
  readonly id: string;
  /** Sends to this client only, in order with everything else it is sent. Never throws. */
  send<N extends PushName>(event: N, payload: Pushes[N]): void;
  /** Makes it a member of a group, so that broadcasts to the room reach it. */
  join(room: string): void;
  leave(room: string): void;
  /** Ends the transport after what was sent has gone out. The client comes back by itself. */
  close(): void;
  /** From now on the client is to come to another gateway: where a balancer would bring it back here, it is turned away once. */
  turnAway(): void;
}

export interface Broadcaster {
  /** To the members of the room on this gateway, encoded once for all, in order with `Connection.send`. */
  local<N extends PushName>(room: string, event: N, payload: Pushes[N]): void;
  /** To the members of the room on every gateway but one connection. At most once, in no promised order. */
  everywhere<N extends PushName>(room: string, event: N, payload: Pushes[N], except: string): void;
}

/** One client's conversation with the gateway. */
export interface Session {
  /** Answers any event name and any payload, hostile ones too; never rejects. `undefined` where the event has no answer. */
  handle(event: string, payload: unknown): Promise<Answer | undefined>;
  /** How long more than so many entries of some room have been unconfirmed without progress, ms; 0 for clients without receipts. */
  unconfirmedFor(entries: number): number;
  /** The connection is gone; lets go of everything. Idempotent. */
  close(): void;
}

/** What the gateway is to the network: it says who may come in, and talks with those who did. */
export interface Entrance {
  /** New clients are turned away. */
  readonly draining: boolean;
  /** Who a token speaks for. Rejects with what the verifier says, and with DRAINING while the gateway leaves. */
  authenticate(token: string): Promise<Principal>;
  open(connection: Connection, principal: Principal): Session;
}
