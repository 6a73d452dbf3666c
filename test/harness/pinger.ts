import { setTimeout as pause } from "node:timers/promises";
import { io } from "socket.io-client";

/* Runs as a process of its own, so that what its neighbours do to their event loop is not measured as the server's. */

/** Whom to ask, and what. */
export interface PingTarget {
  readonly url: string;
  readonly path: string;
  readonly token: string;
  readonly event: string;
  readonly payload: object;
}

const everyMs = 5;

function isTarget(value: unknown): value is PingTarget {
  return typeof value === "object" && value !== null && "url" in value && "event" in value;
}

async function run(target: PingTarget): Promise<void> {
  const { url, path, token, event, payload } = target;
  const socket = io(url, { path, auth: { token }, transports: ["websocket"], reconnection: false });
  let trips: number[] = [];
  const under = new Set<number>();
  // What has no answer yet has taken at least that long.
  const soFar = (): number[] => [...under].map((sentAt) => performance.now() - sentAt);
  process.on("message", () => {
    process.send?.([...trips, ...soFar()]);
    trips = [];
    under.clear();
  });
  process.on("disconnect", () => process.exit());
  socket.on("connect", () => process.send?.("connected"));
  for (;;) {
    const sentAt = performance.now();
    if (socket.connected) {
      under.add(sentAt);
      socket.emit(event, payload, () => {
        if (under.delete(sentAt)) trips.push(performance.now() - sentAt);
      });
    }
    await pause(everyMs);
  }
}

const target: unknown = JSON.parse(process.argv[2] ?? "");
if (!isTarget(target)) throw new TypeError("a target to ping is needed");
void run(target);
