import { MemoryMessageLog } from "../../../src/adapters/memory/memory-message-log.ts";
import { MemoryMessageStore } from "../../../src/adapters/memory/memory-message-store.ts";
import type { Entry, NewEntry } from "../../../src/chat/entry.ts";
import { createGateway, type Gateway, type GatewayOptions } from "../../../src/gateway/gateway.ts";
import type { Broadcaster, Connection, Principal, Session } from "../../../src/gateway/ports.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { ChatError } from "../../../src/protocol/errors.ts";
import type { Answer, Pushes, PushName } from "../../../src/protocol/messages.ts";
import type { RequestName } from "../../../src/protocol/schemas.ts";
import { silentLogger } from "../../../src/telemetry/logger.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";

interface Push {
  readonly event: PushName;
  readonly payload: unknown;
}

/** A connected user, with everything that was sent to it. */
interface RigClient {
  readonly session: Session;
  readonly pushes: Push[];
  readonly entries: Entry[];
  readonly closed: () => boolean;
  ask<N extends RequestName>(event: N, payload: object): Promise<Answer<N> | undefined>;
}

/** A gateway whose network is a few maps and whose clock stands still. */
export interface Rig {
  readonly clock: ManualClock;
  readonly log: MemoryMessageLog;
  readonly store: MemoryMessageStore;
  readonly gateway: Gateway;
  open(user: string, principal?: Partial<Principal>): RigClient;
  /** Appends past the gateway, as another gateway would. */
  append(room: string, id: string, more?: Partial<NewEntry>): Promise<void>;
  /** Stores and trims everything, as the flusher would. */
  flush(): Promise<void>;
}

class MemoryNetwork implements Broadcaster {
  readonly members = new Map<string, Map<string, (event: PushName, payload: unknown) => void>>();

  local<N extends PushName>(room: string, event: N, payload: Pushes[N]): void {
    for (const send of this.members.get(room)?.values() ?? []) send(event, payload);
  }

  everywhere<N extends PushName>(room: string, event: N, payload: Pushes[N], except: string): void {
    for (const [id, send] of this.members.get(room) ?? []) if (id !== except) send(event, payload);
  }
}

export interface RigOptions extends Omit<Partial<GatewayOptions>, "clock"> {
  readonly clock?: ManualClock;
  /** Entries that a room's log keeps once they are stored. */
  readonly tail?: number;
}

export function createRig({ tail = 500, clock = new ManualClock(), ...options }: RigOptions = {}): Rig {
  const store = new MemoryMessageStore();
  const highestStored = (room: string): Promise<number> => store.highest(room);
  const log = new MemoryMessageLog({ partitions: 1, highWatermark: 100_000, tail, highestStored, clock });
  const network = new MemoryNetwork();
  const gateway = createGateway({
    log,
    feed: log,
    store,
    broadcaster: network,
    clock,
    random: () => 0.5,
    metrics: createMetrics({ processMetrics: false }),
    logger: silentLogger,
    drainWindowMs: 1_000,
    verifier: { verify: (token) => Promise.resolve(principalOf(token, clock)) },
    ...options,
  });
  let connections = 0;
  return {
    clock,
    log,
    store,
    gateway,
    open: (user, principal) =>
      openClient({
        gateway,
        network,
        id: `c${++connections}`,
        principal: { ...principalOf(user, clock), ...principal },
      }),
    append: async (room, id, more) => {
      await log.append({ kind: "message", room, id, from: { id: "other" }, text: id, ...more });
    },
    flush: () => flush(log, store),
  };
}

/** In the rig a token is the user's name, and `user!room` may only read that room. */
function principalOf(token: string, clock: ManualClock): Principal {
  if (token === "") throw new ChatError("UNAUTHENTICATED", "no");
  const [id = "", room] = token.split("!");
  const grants =
    room === undefined ? [{ room: "**", can: ["read", "write"] as const }] : [{ room, can: ["read"] as const }];
  return { id, grants, admin: false, expiresAt: clock.now() + 3_600_000 };
}

interface Opening {
  readonly gateway: Gateway;
  readonly network: MemoryNetwork;
  readonly id: string;
  readonly principal: Principal;
}

function openClient({ gateway, network, id, principal }: Opening): RigClient {
  const pushes: Push[] = [];
  const entries: Entry[] = [];
  let closed = false;
  const send = (event: PushName, payload: unknown): void => {
    pushes.push({ event, payload });
    if (isMessages(event, payload)) entries.push(...payload.entries);
  };
  const close = (): void => {
    closed = true;
    for (const members of network.members.values()) members.delete(id);
    session.close();
  };
  const connection: Connection = {
    id,
    send,
    join: (room) => {
      const members = network.members.get(room) ?? new Map<string, typeof send>();
      network.members.set(room, members.set(id, send));
    },
    leave: (room) => void network.members.get(room)?.delete(id),
    close,
    turnAway: () => {},
  };
  const session = gateway.open(connection, principal);
  return {
    session,
    pushes,
    entries,
    closed: () => closed,
    ask: (event, payload) => session.handle(event, payload),
  };
}

function isMessages(event: PushName, payload: unknown): payload is Pushes["messages"] {
  return event === "messages" && typeof payload === "object" && payload !== null && "entries" in payload;
}

async function flush(log: MemoryMessageLog, store: MemoryMessageStore): Promise<void> {
  const buffered = await log.read(0, 100_000);
  const entries = buffered.flatMap(({ entry }) => entry ?? []);
  const last = buffered.at(-1);
  if (last === undefined) return;
  await store.write(entries);
  const rooms = [...new Map(entries.map(({ room, seq }) => [room, seq]))].map(([room, seq]) => ({ room, seq }));
  await log.trim({ partition: 0, token: 1, upTo: last.cursor, rooms });
}
