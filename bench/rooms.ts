import { setTimeout as wait } from "node:timers/promises";
import { type Contender, delaysIn } from "./contenders.ts";
import { cpuSeconds } from "./cpu.ts";
import { joinAsMember, type Member } from "./member.ts";
import { median, quantile, type Row, ratio } from "./table.ts";

/** Rooms of one size, spread over gateways, each with a message at a steady pace. */
export interface RoomsLoad {
  readonly rooms: number;
  readonly membersEach: number;
  /** Over all rooms. */
  readonly messagesPerSecond: number;
  readonly seconds: number;
}

/** A member in a room, and the server that it is on. */
export interface Seat {
  readonly member: Member;
  readonly contender: Contender;
  readonly room: string;
}

interface RoomsFigures {
  /** Microseconds of all servers' CPU per delivered message. */
  readonly cpuMicros: number;
  /** Ms from the send to the arrival at a member, of every fiftieth delivery and all three together. */
  readonly latencies: readonly [p50: number, p95: number, p99: number];
  readonly deliveriesPerSecond: number;
}

const tickMs = 5;

/** Members of each room are spread over the servers. One delivery in fifty goes to `note`. */
export async function seats(
  contenders: readonly Contender[],
  load: RoomsLoad,
  note: (text: string) => void,
): Promise<Seat[]> {
  const taken: Seat[] = [];
  for (let r = 0; r < load.rooms; r++) {
    const room = `room:${r}`;
    const joining = Array.from({ length: load.membersEach }, async (_, m) => {
      const n = r * load.membersEach + m;
      const contender = contenders[n % contenders.length];
      if (contender === undefined) throw new Error("no server");
      const onFrame = n % 50 === 0 ? note : () => {};
      const member = await joinAsMember(contender.port, await contender.dialect(n, room), onFrame);
      return { member, contender, room };
    });
    taken.push(...(await Promise.all(joining)));
  }
  return taken;
}

/** One sender in each room, in turn; by the clock, whatever the servers do. */
export async function send(all: readonly Seat[], load: RoomsLoad): Promise<number> {
  const senders = Array.from({ length: load.rooms }, (_, r) => all[r * load.membersEach]);
  const start = performance.now();
  const total = load.messagesPerSecond * load.seconds;
  let sent = 0;
  while (sent < total) {
    const due = Math.min(total, Math.floor(((performance.now() - start) / 1_000) * load.messagesPerSecond));
    for (; sent < due; sent++) {
      const seat = senders[sent % senders.length];
      seat?.contender.send(seat.member.socket, seat.room);
    }
    await wait(tickMs);
  }
  return total;
}

/** Cuts the connections; whatever comes on them is not looked at any more. */
export function leave(members: readonly Member[]): void {
  for (const { socket } of members)
    socket
      .removeAllListeners()
      .on("error", () => {})
      .terminate();
}

async function arrived(all: readonly Seat[], total: number): Promise<void> {
  const until = performance.now() + 60_000;
  while (all.reduce((sum, { member }) => sum + member.received(), 0) < total) {
    if (performance.now() > until) throw new Error("messages are missing after a minute");
    await wait(5);
  }
}

/** As many on each as a server with members has, so that none of them has too many; they join nothing. */
function bystanders({ serving, idle = [] }: Kind, load: RoomsLoad): Promise<Member[]> {
  const each = Math.ceil((load.rooms * load.membersEach) / serving.length);
  const joining = idle.flatMap((contender) =>
    Array.from({ length: each }, async (_, n) => joinAsMember(contender.port, await contender.dialect(n))),
  );
  return Promise.all(joining);
}

/** Loads one kind of server, all of its processes together, and takes it down again. */
export async function loadRooms(kind: Kind, load: RoomsLoad): Promise<RoomsFigures> {
  const { serving, idle = [] } = kind;
  const latencies: number[] = [];
  const note = (text: string): void => void latencies.push(...delaysIn(text));
  const others = await bystanders(kind, load);
  const all = await seats(serving, load, note);
  await send(all, { ...load, seconds: 1 });
  await arrived(all, load.messagesPerSecond * load.membersEach);
  latencies.length = 0;
  const cpu = (): number => [...serving, ...idle].reduce((sum, { pid }) => sum + cpuSeconds(pid), 0);
  const before = cpu();
  const start = performance.now();
  const sent = await send(all, load);
  await arrived(all, (load.messagesPerSecond + sent) * load.membersEach);
  const seconds = (performance.now() - start) / 1_000;
  const deliveries = sent * load.membersEach;
  leave([...others, ...all.map((seat) => seat.member)]);
  return {
    cpuMicros: ((cpu() - before) * 1e6) / deliveries,
    latencies: [quantile(latencies, 0.5), quantile(latencies, 0.95), quantile(latencies, 0.99)],
    deliveriesPerSecond: deliveries / seconds,
  };
}

/** One kind of server: those that have members, and those that only run beside them. */
export interface Kind {
  readonly serving: readonly Contender[];
  readonly idle?: readonly Contender[];
}

/** The same load on each kind of server in turn, `rounds` times; medians, and ratios to the first. */
export async function benchRooms(kinds: readonly Kind[], load: RoomsLoad, rounds: number): Promise<Row[]> {
  const runs = kinds.map((kind) => ({ kind, figures: new Array<RoomsFigures>() }));
  for (let round = 0; round < rounds; round++)
    for (const { kind, figures } of runs) figures.push(await loadRooms(kind, load));
  const of = (figures: readonly RoomsFigures[], pick: (one: RoomsFigures) => number): number =>
    median(figures.map(pick));
  const reference = of(runs[0]?.figures ?? [], ({ cpuMicros }) => cpuMicros);
  return runs.map(({ kind, figures }) => ({
    label: kind.serving[0]?.name ?? "",
    values: [
      of(figures, ({ cpuMicros }) => cpuMicros),
      ratio(
        of(figures, ({ cpuMicros }) => cpuMicros),
        reference,
      ),
      ...[0, 1, 2].map((i) => of(figures, ({ latencies }) => latencies[i] ?? Number.NaN)),
      of(figures, ({ deliveriesPerSecond }) => deliveriesPerSecond),
    ],
  }));
}
