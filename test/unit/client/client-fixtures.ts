import type { Entry } from "../../../src/chat/entry.ts";
import { type ChatClient, type ClientOptions, connect } from "../../../src/client/connect.ts";
import type { Room } from "../../../src/client/room.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { ChatError, type ErrorCode, toWireError } from "../../../src/protocol/errors.ts";
import { ScriptedNetwork } from "./scripted-network.ts";

export interface Setting {
  readonly clock: ManualClock;
  readonly network: ScriptedNetwork;
  readonly chat: ChatClient;
}

/** A client on a scripted network, before anything has happened. */
export async function startClient(options: Partial<ClientOptions> = {}): Promise<Setting> {
  const clock = new ManualClock();
  const network = new ScriptedNetwork();
  const chat = connect({
    url: "http://chat.test",
    token: "t1",
    clock,
    dial: network.dial,
    random: () => 0.5,
    ...options,
  });
  await clock.advance(0);
  return { clock, network, chat };
}

/** One with an open connection. */
export async function openClient(options: Partial<ClientOptions> = {}): Promise<Setting> {
  const setting = await startClient(options);
  setting.network.wire.listener.opened();
  await setting.clock.advance(0);
  return setting;
}

/** A room of it that has joined at `seq`. */
export async function liveRoom(setting: Setting, seq = 0): Promise<Room> {
  const room = setting.chat.join("r");
  await setting.clock.advance(0);
  setting.network.wire.take("room:join").answer(joinAnswer(seq, []));
  await setting.clock.advance(0);
  return room;
}

export function entry(seq: number, epoch = "1"): Entry {
  return {
    kind: "message",
    room: "r",
    epoch,
    seq,
    id: `m${epoch}-${seq}`,
    from: { id: "ann" },
    at: seq,
    text: `${seq}`,
  };
}

export function entries(from: number, to: number, epoch = "1"): Entry[] {
  return Array.from({ length: to - from + 1 }, (_, i) => entry(from + i, epoch));
}

export function joinAnswer(head: number, found: readonly Entry[], extra: object = {}): object {
  return {
    ok: true,
    head: { epoch: found.at(-1)?.epoch ?? "1", seq: head },
    entries: found,
    policy: { textBytes: 8_192, ratePerSecond: 5, burst: 20 },
    you: { can: ["read", "write"], readSeq: 0 },
    ...extra,
  };
}

export function placed(id: unknown, seq: number): object {
  return { ok: true, id, epoch: "1", seq, at: seq, durability: "fast" };
}

export function refused(code: ErrorCode, retryAfterMs?: number): object {
  return {
    ok: false,
    error: toWireError(new ChatError(code, code, retryAfterMs === undefined ? {} : { retryAfterMs })),
  };
}

/** The seqs that a room delivers from now on. */
export function collectSeqs(room: Room): number[] {
  const seqs: number[] = [];
  room.on("entries", (found) => seqs.push(...found.map(({ seq }) => seq)));
  return seqs;
}
