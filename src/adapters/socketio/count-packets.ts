import type { Transport } from "engine.io";
import type { InboundMeter } from "./inbound-meter.ts";

export interface PacketCount {
  readonly transport: Transport;
  readonly meter: InboundMeter;
  /** Characters of a request to connect to a namespace, with its payload. */
  readonly connectLength: number;
  /** Called for each packet over what the meter allows. */
  readonly flooded: () => void;
  /** Called for a request to connect that is longer than `connectLength`. */
  readonly oversized: () => void;
}

interface Packet {
  readonly type: string;
  readonly data?: unknown;
}

/** Stands between the packets of one request of polling. */
const separator = "\u001e";
/** Of Socket.IO: a request to connect to a namespace. */
const connectType = "0";

type Handler<T> = (value: T) => void;

/** Puts a count before what a transport does with what it receives. Engine.IO has no hook there, so its methods are replaced. */
export function countPackets(count: PacketCount): void {
  const { transport } = count;
  const handle = methodOf<Packet>(transport, "onPacket");
  if (transport.name === "polling") {
    const parse = methodOf<string>(transport, "onData");
    const onData = (payload: string): void => {
      if (isTaken(count, packetsIn(payload), Buffer.byteLength(payload))) parse(payload);
    };
    Object.assign(transport, { onData, onPacket: (packet: Packet) => handleTaken(count, packet, handle) });
    return;
  }
  const onPacket = (packet: Packet): void => {
    if (isTaken(count, 1, sizeOf(packet))) handleTaken(count, packet, handle);
  };
  Object.assign(transport, { onPacket });
}

function methodOf<T>(transport: Transport, name: string): Handler<T> {
  const method: unknown = Reflect.get(transport, name);
  if (typeof method !== "function") throw new TypeError(`a transport of Engine.IO has no ${name}`);
  return (value) => void Reflect.apply(method, transport, [value]);
}

function isTaken({ meter, flooded }: PacketCount, packets: number, bytes: number): boolean {
  const taken = meter.take(packets, bytes);
  if (!taken) flooded();
  return taken;
}

/** Handles a packet that is counted, except for a request to connect that is too large or one too many. */
function handleTaken(count: PacketCount, packet: Packet, handle: Handler<Packet>): void {
  const { data } = packet;
  if (packet.type !== "message" || typeof data !== "string" || !data.startsWith(connectType)) return handle(packet);
  if (!count.meter.takeStep()) return count.flooded();
  if (data.length > count.connectLength) return count.oversized();
  handle(packet);
}

function sizeOf({ data }: Packet): number {
  if (typeof data === "string") return Buffer.byteLength(data);
  return data instanceof Uint8Array ? data.byteLength : 0;
}

function packetsIn(payload: string): number {
  let packets = 1;
  for (let at = payload.indexOf(separator); at !== -1; at = payload.indexOf(separator, at + 1)) packets++;
  return packets;
}
