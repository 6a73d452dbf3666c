import { setTimeout as wait } from "node:timers/promises";
import { type RoomsLoad, type Seat, send } from "../bench/rooms.ts";
import { quantile } from "../bench/table.ts";
import type { Load, Point } from "./measurement.ts";
import { between, type Reading, read, type Watched } from "./meter.ts";
import { brokenObjectives } from "./objectives.ts";

/** What is loaded: members in rooms of one size, and connections beside them that are in none. */
export interface Scene {
  readonly watched: Watched;
  readonly seats: readonly Seat[];
  readonly idleConnections: number;
  /** Delays of deliveries, ms, as `seats` notes them; emptied here. */
  readonly delays: number[];
}

export interface Step {
  readonly size: string;
  readonly use: Point["use"];
  readonly shape: string;
  readonly rooms: RoomsLoad;
}

/** For the last deliveries of a step to come; what comes later still counts as not delivered. */
const longestLagMs = 5_000;

function received(seats: readonly Seat[]): number {
  return seats.reduce((sum, { member }) => sum + member.received(), 0);
}

/** Sends by the clock for the time of the step, waits for what is under way, and says what it took. */
export async function measureStep(scene: Scene, { size, use, shape, rooms }: Step): Promise<Point> {
  const { watched, seats, idleConnections, delays } = scene;
  delays.length = 0;
  const [before, had] = [await read(watched), received(seats)];
  if (seats.length === 0) await wait(rooms.seconds * 1_000);
  const sent = seats.length === 0 ? 0 : await send(seats, rooms);
  const wanted = had + sent * rooms.membersEach;
  for (const until = performance.now() + longestLagMs; received(seats) < wanted && performance.now() < until; )
    await wait(2);
  const after = await read(watched);
  const load = {
    pods: watched.serving.length,
    idlePods: watched.idle.length,
    connections: seats.length + idleConnections,
    rooms: rooms.rooms,
    membersEach: rooms.membersEach,
  };
  return summarize({ size, use, shape, load, before, after, sent, got: received(seats) - had, delays });
}

export interface Outcome extends Pick<Point, "size" | "use" | "shape"> {
  readonly load: Omit<Load, "messagesPerSecond">;
  readonly before: Reading;
  readonly after: Reading;
  readonly sent: number;
  readonly got: number;
  readonly delays: readonly number[];
}

export function summarize({ size, use, shape, load, before, after, sent, got, delays }: Outcome): Point {
  const { seconds, ...rates } = between(before, after);
  const felt = delays.length === 0 ? null : { p50: quantile(delays, 0.5), p99: quantile(delays, 0.99) };
  const measured = {
    size,
    shape,
    use,
    seconds,
    load: { ...load, messagesPerSecond: sent / seconds },
    deliveriesPerSecond: got / seconds,
    residentBytes: after.residentBytes,
    ...rates,
    deliveryMs: felt,
  };
  return { ...measured, broken: brokenObjectives(measured, sent * load.membersEach - got) };
}
