import type { Clock } from "../kernel/clock.ts";
import { Semaphore } from "../kernel/semaphore.ts";
import type { BucketRate } from "../kernel/token-bucket.ts";
import type { Service } from "../lifecycle/service.ts";
import { ChatError } from "../protocol/errors.ts";
import type { Durability } from "../protocol/schemas.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Head, LogAppender, LogFeed, LogReader, StoreReader } from "../write-behind/index.ts";
import { createLiveRoom } from "./create-live-room.ts";
import { Departures } from "./departures.ts";
import { Feeds } from "./feeds.ts";
import { defaultGatewayLimits, type GatewayLimits } from "./gateway-limits.ts";
import type { GatewayParts } from "./gateway-parts.ts";
import { noShedding, type Shedding } from "./load-level.ts";
import { tellPolicies } from "./policy-news.ts";
import type { Broadcaster, Connection, Entrance, TokenVerifier } from "./ports.ts";
import { RateLimiter } from "./rate-limiter.ts";
import { RoomGate, type RoomPolicing } from "./room-gate.ts";
import { RoomHistory } from "./room-history.ts";
import { RoomRates } from "./room-rates.ts";
import { RosterRenewal } from "./roster-renewal.ts";
import { ChatSession } from "./session.ts";
import { type RateName, type SharedRates, windowOf } from "./shared-rate.ts";
import { TypingGate } from "./typing-gate.ts";

export interface GatewayOptions {
  readonly log: LogAppender & LogReader;
  readonly feed: LogFeed;
  readonly store: StoreReader;
  readonly verifier: TokenVerifier;
  readonly broadcaster: Broadcaster;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Over which a leaving gateway sends its clients away, ms. */
  readonly drainWindowMs: number;
  readonly limits?: Partial<GatewayLimits>;
  /** Counts that all gateways add to. Without them, each gateway limits alone. */
  readonly sharedRates?: SharedRates;
  /** Room policies. Without them, the limits hold in every room. */
  readonly policing?: RoomPolicing;
  /** What is given up at present. Without it: nothing, ever. */
  readonly load?: () => Shedding;
  /** How late the event loop runs what is due, ms. A late loop lets rooms gather for longer. */
  readonly loopDelayMs?: () => number;
  /** What an acknowledgement means at least. Without it: `safe` where the log offers that, else `fast`. */
  readonly durability?: Durability;
}

/** Everything between a connection and the log. As a service it only drains and stops: it works from the start. */
export interface Gateway extends Service, Entrance {
  /** Rooms with members here. */
  activeRooms(): readonly string[];
  /** Clients that are in and were not told to leave. */
  readonly connections: number;
  /** Sends up to `count` clients to other gateways, those who have been here longest. Returns how many. */
  release(count: number): number;
}

interface Member {
  readonly session: ChatSession;
  readonly connection: Connection;
}

export function createGateway(options: GatewayOptions): Gateway {
  const parts = createParts(options);
  const members = new Set<Member>();
  const departures = new Departures({
    ...options,
    connections: () => [...members].map(({ connection }) => connection),
  });
  const renewal = followPolicies(options, parts, members);
  let draining = false;
  return {
    name: "gateway",
    get draining() {
      return draining;
    },
    authenticate: async (token) => {
      if (draining) throw new ChatError("DRAINING", "this gateway is leaving", { retryAfterMs: 1_000 });
      return parts.verifier.verify(token);
    },
    open: (connection, principal) => {
      const onClose = (): void => void members.delete(member);
      const session = new ChatSession({ parts, connection, principal, onClose });
      const member: Member = { session, connection };
      if (principal.canary !== true) members.add(member);
      return session;
    },
    activeRooms: () => parts.feeds.rooms,
    get connections() {
      return departures.staying;
    },
    release: (count) => departures.release(count, options.drainWindowMs),
    start: () => {
      renewal?.start();
      return Promise.resolve();
    },
    drain: async (signal) => {
      draining = true;
      await departures.drain({ windowMs: options.drainWindowMs, signal });
    },
    stop: async () => {
      draining = true;
      renewal?.stop();
      for (const { connection, session } of members) {
        connection.close();
        session.close();
      }
      await parts.feeds.close();
    },
  };
}

function createParts(options: GatewayOptions): GatewayParts {
  const { log, feed, verifier, broadcaster, clock, metrics, logger, durability } = options;
  const limits = { ...defaultGatewayLimits, ...options.limits };
  const limiter = createLimiter(options, limits);
  const unshared = (rate: BucketRate): RateLimiter =>
    new RateLimiter({ rate, capacity: limits.buckets, clock, metrics });
  const rooms = new RoomGate({
    ...options,
    limits,
    policing: options.policing,
    rates: new RoomRates(limiter, metrics),
  });
  const since = (room: string): number => rooms.since(room);
  const history = new RoomHistory({ ...options, limits, since });
  const compares = new Semaphore(limits.concurrentCompares);
  const head = (room: string): Promise<Head> => compares.run(() => log.head(room));
  const create = createLiveRoom({ ...options, limits, history, head });
  const feeds = new Feeds({ feed, head, create, graceMs: limits.graceMs, clock, metrics, logger });
  const { load = () => noShedding } = options;
  const typing = new TypingGate({
    everyMs: limits.typingMs,
    endMs: limits.typingEndMs,
    max: limits.typists,
    clock,
    metrics,
  });
  return {
    log,
    history,
    feeds,
    verifier,
    broadcaster,
    typing,
    rates: {
      user: limiter("user", limits.userRate),
      join: limiter("join", limits.joinRate),
      leave: unshared(limits.leaveRate),
      history: limiter("history", limits.historyRate),
      receipt: unshared(limits.receiptRate),
    },
    rooms,
    limits,
    load,
    durability,
    clock,
    random: options.random,
    metrics,
    logger,
  };
}

type MakeLimiter = (name: RateName, rate: BucketRate) => RateLimiter;

function createLimiter(
  { clock, metrics, sharedRates }: GatewayOptions,
  { buckets: capacity }: GatewayLimits,
): MakeLimiter {
  return (name, rate) => {
    const shared = sharedRates?.(name, windowOf(rate));
    return new RateLimiter({ rate, capacity, clock, metrics, ...(shared === undefined ? {} : { shared }) });
  };
}

/** When policies change, members are told, and a new limit of members counts at once who is in; their places are kept from then on. */
function followPolicies(
  { policing, clock, logger }: GatewayOptions,
  parts: GatewayParts,
  members: ReadonlySet<Member>,
): RosterRenewal | undefined {
  if (policing === undefined) return undefined;
  const { rooms } = parts;
  const renewal = new RosterRenewal({
    roster: policing.roster,
    needed: () => policing.policies.rules.some(({ settings }) => settings.maxMembers !== undefined),
    isLimited: (room) => rooms.rulesOf(room).maxMembers !== undefined,
    members: () => [...members].map(({ session }) => ({ user: session.principal().id, rooms: session.rooms })),
    clock,
    logger,
  });
  policing.policies.onChange((before) => {
    void renewal.renew();
    void tellPolicies(parts, before);
  });
  return renewal;
}
