import type { Route } from "./route.ts";

/* The network as the client sees it. One wire is one connection: it opens once, or is refused, and never comes back. */

export interface Wire {
  /** Sends an event. `answered` is called at most once, never after the wire is gone. */
  emit(event: string, payload: unknown, answered?: (answer: unknown) => void): void;
  /** Ends the connection; nothing is reported afterwards. */
  close(): void;
}

/** Why a connection did not come about. */
export interface Refusal {
  readonly message: string;
  /** What the server said, if it was reached: not yet checked against the catalogue. */
  readonly data?: unknown;
}

export interface WireListener {
  opened(): void;
  /** Instead of `opened`. */
  refused(refusal: Refusal): void;
  /** After `opened`: by the server, the network, or a heartbeat that stayed away. */
  closed(): void;
  pushed(event: string, payload: unknown): void;
  /** Something arrived that is no event, such as a heartbeat: the connection works. */
  heard(): void;
}

export interface DialTarget {
  readonly url: string;
  readonly route: Route;
  readonly token: string;
  /** This client was in before: gateways let those in by a line of their own. */
  readonly resuming: boolean;
}

export type Dial = (target: DialTarget, listener: WireListener) => Wire;
