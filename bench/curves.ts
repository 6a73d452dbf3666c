import type { Contender } from "./contenders.ts";
import { type Kind, loadRooms, type RoomsLoad } from "./rooms.ts";
import { median, type Row, ratio } from "./table.ts";

const base: RoomsLoad = { rooms: 20, membersEach: 20, messagesPerSecond: 200, seconds: 4 };

/** How the cost of a message grows with one thing at a time, the rate of messages being the same. The first server has all members. */
export async function benchCurves(servers: readonly Contender[], rounds: number): Promise<Row[]> {
  const serving = servers.slice(0, 1);
  const shapes: readonly { readonly label: string; readonly kind: Kind; readonly load: RoomsLoad }[] = [
    { label: "20 rooms of 20", kind: { serving }, load: base },
    { label: "members x2", kind: { serving }, load: { ...base, membersEach: 40 } },
    { label: "rooms x10", kind: { serving }, load: { ...base, rooms: 200 } },
    { label: "four more processes without members", kind: { serving, idle: servers.slice(1) }, load: base },
  ];
  const runs = shapes.map((shape) => ({ ...shape, cpu: new Array<number>() }));
  for (let round = 0; round < rounds; round++)
    for (const { kind, load, cpu } of runs) cpu.push((await loadRooms(kind, load)).cpuMicros);
  const [first] = runs;
  const reference = first === undefined ? Number.NaN : median(first.cpu);
  return runs.map(({ label, load, cpu }) => {
    const each = median(cpu);
    const message = each * load.membersEach;
    return { label, values: [message, ratio(message, reference * base.membersEach), each, ratio(each, reference)] };
  });
}
