import { Type } from "typebox";

/** Where the agent listens in its pod. */
export const agentPort = 8080;

/** Path of a client's connection: by WebSocket without affinity, or by polling with it. */
const path = Type.Union([Type.Literal("/rt"), Type.Literal("/socket.io")]);
const client = Type.Object({ url: Type.String(), path, user: Type.String() });

/** What the agent in the cluster does for a test, by name: what it is asked, and what it answers. */
export const agentCalls = {
  /** Connects clients, puts them into rooms and has them send, until `finish`. Answers when all are in. */
  begin: {
    request: Type.Object({
      /** Rooms and users of one load are its own. */
      name: Type.String(),
      url: Type.String(),
      clients: Type.Integer(),
      membersPerRoom: Type.Integer(),
      ratePerSecond: Type.Number(),
    }),
    answer: Type.Object({}),
  },
  status: {
    request: Type.Object({}),
    answer: Type.Object({
      acked: Type.Integer(),
      live: Type.Integer(),
      /** Rate of new connections in each second since `begin`, those of the beginning left out. */
      arrivals: Type.Array(Type.Integer()),
    }),
  },
  /** Ends the load, waits until everything that was acknowledged is stored, and checks all that happened. */
  finish: {
    request: Type.Object({ mongodbUrl: Type.String() }),
    answer: Type.Object({
      acked: Type.Integer(),
      /** Sends that ended without being acknowledged, by code. */
      refused: Type.Record(Type.String(), Type.Integer()),
      violations: Type.Array(Type.Object({ invariant: Type.String(), detail: Type.String() })),
      arrivals: Type.Array(Type.Integer()),
      /** The longest time between two acknowledgements, ms. */
      longestSilenceMs: Type.Number(),
    }),
  },
  /** Drops a load without looking at it. */
  drop: { request: Type.Object({}), answer: Type.Object({}) },
  /** Holds so many more silent connections, or so many fewer, until it has `count`. Answers when they are there. */
  hold: { request: Type.Object({ url: Type.String(), count: Type.Integer() }), answer: Type.Object({}) },
  /** Two stock clients meet in a room, and the second gets what the first sends, one text after the other. */
  talk: {
    request: Type.Object({ from: client, to: client, room: Type.String(), texts: Type.Array(Type.String()) }),
    answer: Type.Object({ heard: Type.Array(Type.String()), transports: Type.Array(Type.String()) }),
  },
  /** A stock client asks one thing after another, on one connection. */
  ask: {
    request: Type.Object({
      client,
      requests: Type.Array(Type.Object({ event: Type.String(), payload: Type.Record(Type.String(), Type.Unknown()) })),
    }),
    answer: Type.Object({ answers: Type.Array(Type.Unknown()) }),
  },
  fetch: {
    request: Type.Object({ url: Type.String() }),
    answer: Type.Object({
      status: Type.Integer(),
      setCookie: Type.Array(Type.String()),
      body: Type.String(),
    }),
  },
  /** What the database says that it is. */
  store: {
    request: Type.Object({ mongodbUrl: Type.String() }),
    answer: Type.Object({ version: Type.String(), isStandIn: Type.Boolean() }),
  },
} as const;

export type AgentCall = keyof typeof agentCalls;
export type AgentRequest<N extends AgentCall> = Type.Static<(typeof agentCalls)[N]["request"]>;
export type AgentAnswer<N extends AgentCall> = Type.Static<(typeof agentCalls)[N]["answer"]>;
