import { ChatError } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";
import type { ClientClock } from "./client-clock.ts";
import { platformClock } from "./client-clock.ts";
import { Connection } from "./connection.ts";
import type { ConnectionState } from "./connection-state.ts";
import { Emitter } from "./emitter.ts";
import { JoinQueue } from "./join-queue.ts";
import { Membership } from "./membership.ts";
import { type ReconnectPolicy, reconnectDefaults } from "./reconnect-policy.ts";
import { type JoinOptions, Room } from "./room.ts";
import { defaultRoutes, type Route } from "./route.ts";
import { dialSocketIo } from "./socket-io-wire.ts";
import { type TokenOption, TokenSource } from "./token-source.ts";
import type { Dial } from "./wire.ts";
import type { Push } from "./wire-guards.ts";

export interface ClientOptions {
  /** Where the gateway is: `https://chat.example.com`. */
  readonly url: string;
  /** A token, or how to get one: called at first, before the old one expires, and when it has. */
  readonly token: TokenOption;
  /** Ways to reach the gateway, best first. Default: WebSocket on `/rt`, then `/socket.io` where that never opens. */
  readonly routes?: readonly Route[];
  /** How long a try to connect, and an answer, may take, ms. Default 10 s. */
  readonly answerMs?: number;
  readonly reconnect?: Partial<ReconnectPolicy>;
  /** Numbers in [0, 1), for jitter. */
  readonly random?: () => number;
  readonly clock?: ClientClock;
  /** The network. Default: socket.io-client. */
  readonly dial?: Dial;
}

export interface ChatClient {
  readonly state: ConnectionState;
  /** Calls `listener` at each change; the returned function ends that. */
  on(event: "state", listener: (state: ConnectionState) => void): () => void;
  /**
   * A handle of the room, which is joined as soon as there is a connection and again after each. Further handles of the
   * same room share the membership: they begin with what comes next, and the membership ends with the last one.
   */
  join(room: string, options?: JoinOptions): Room;
  /** Dials now instead of at `retryAt`: the user pressed the button, or the network came back. */
  retryNow(): void;
  /** Ends the connection and every room. */
  close(): void;
}

/** Connects to a gateway and stays connected: it comes back by itself until `close`, or until its token is refused for good. */
export function connect(options: ClientOptions): ChatClient {
  const rooms = new Map<string, Membership>();
  const events = new Emitter<{ readonly state: ConnectionState }>();
  const connection = new Connection({
    ...partsOf(options),
    onState: (state) => {
      if (state.status === "online") joins.reconnected();
      for (const room of rooms.values()) followState(room, state);
      events.emit("state", state);
    },
    onPush: (push) => rooms.get(roomOf(push))?.pushed(push),
  });
  const joins = new JoinQueue(connection.request.bind(connection), options.clock ?? platformClock);
  const makeRoom = roomMaker({ options, connection, joins, rooms });
  connection.open();
  return {
    get state() {
      return connection.state;
    },
    on: (event, listener) => events.on(event, listener),
    join: makeRoom,
    retryNow: () => connection.open(),
    close: () => connection.close(),
  };
}

function partsOf(options: ClientOptions): Omit<ConstructorParameters<typeof Connection>[0], "onState" | "onPush"> {
  const routes = options.routes ?? defaultRoutes;
  if (!URL.canParse(options.url)) throw new ChatError("BAD_REQUEST", `not a URL: ${options.url}`);
  if (routes.length === 0) throw new ChatError("BAD_REQUEST", "there must be at least one route");
  return {
    url: options.url,
    routes,
    tokens: new TokenSource(options.token),
    dial: options.dial ?? dialSocketIo,
    clock: options.clock ?? platformClock,
    random: options.random ?? Math.random,
    policy: { ...reconnectDefaults, ...options.reconnect },
    answerMs: options.answerMs ?? 10_000,
  };
}

interface MakerParts {
  readonly options: ClientOptions;
  readonly connection: Connection;
  readonly joins: JoinQueue;
  readonly rooms: Map<string, Membership>;
}

function roomMaker({ options, connection, joins, rooms }: MakerParts): ChatClient["join"] {
  const link = {
    online: () => connection.state.status === "online",
    request: connection.request.bind(connection),
    tell: connection.tell.bind(connection),
    joins,
    clock: options.clock ?? platformClock,
    random: options.random ?? Math.random,
    isJoined: (name: string) => rooms.has(name),
    forget: (room: Membership) => void rooms.delete(room.name),
  };
  return (name, joinOptions = {}) => {
    const { after, limit = limits.joinPage } = joinOptions;
    const known = rooms.get(name);
    const membership = known ?? new Membership(name, link, { after, limit });
    rooms.set(name, membership);
    const room = new Room(membership, joinOptions);
    if (known === undefined && link.online()) membership.resync("join");
    else if (known === undefined) followState(membership, connection.state);
    return room;
  };
}

function followState(room: Membership, state: ConnectionState): void {
  if (state.status === "online") room.resync("reconnect");
  else if (state.status === "closed") room.end("the connection is closed");
  else room.paused();
}

function roomOf(push: Push): string {
  return "room" in push.payload ? push.payload.room : "";
}
