import type { Servers } from "./deployment.ts";
import { type Kind, loadRooms, type RoomsLoad } from "./rooms.ts";
import { median, type Row, ratio } from "./table.ts";

const base: RoomsLoad = { rooms: 20, membersEach: 20, messagesPerSecond: 200, seconds: 4 };

interface Shape {
  readonly label: string;
  readonly kind: Kind;
  readonly load: RoomsLoad;
}

/** How the cost of a message grows with one thing at a time, the rate of messages being the same. */
export async function benchCurves(start: (count: number) => Promise<Servers>, rounds: number): Promise<Row[]> {
  const alone = await start(1);
  const serving = alone.all;
  const rows = await measure(rounds, [
    { label: "20 rooms of 20", kind: { serving }, load: base },
    { label: "members x2", kind: { serving }, load: { ...base, membersEach: 40 } },
    { label: "rooms x10", kind: { serving }, load: { ...base, rooms: 200 } },
  ]);
  await alone.stop();
  const five = await start(5);
  const kind = { serving: five.all.slice(0, 1), idle: five.all.slice(1) };
  const more = await measure(rounds, [{ label: "four more processes, members in no room", kind, load: base }]);
  await five.stop();
  return [...rows, ...more].map(({ label, load, each }, _i, [first]) => {
    const reference = first?.each ?? Number.NaN;
    const message = each * load.membersEach;
    return { label, values: [message, ratio(message, reference * base.membersEach), each, ratio(each, reference)] };
  });
}

/** CPU of all servers by delivery, µs; medians of rounds in turn. */
async function measure(rounds: number, shapes: readonly Shape[]): Promise<(Shape & { readonly each: number })[]> {
  const runs = shapes.map((shape) => ({ ...shape, cpu: new Array<number>() }));
  for (let round = 0; round < rounds; round++)
    for (const { kind, load, cpu } of runs) cpu.push((await loadRooms(kind, load)).cpuMicros);
  return runs.map(({ cpu, ...shape }) => ({ ...shape, each: median(cpu) }));
}
