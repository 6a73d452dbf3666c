import { type ChatClient, connect, newId, type Room } from "../client/index.ts";
import type { RawSettings } from "../config/index.ts";
import { systemClock } from "../kernel/clock.ts";
import { withDeadline } from "../kernel/deadline.ts";
import { parseDuration } from "../kernel/quantity.ts";
import { flagFault } from "./flag-fault.ts";
import { requireGateway } from "./require-gateway.ts";
import { signToken } from "./token.ts";
import { tellOfFlags } from "./visible-secrets.ts";

/** Flags as the command line gives them. */
export interface ProbeFlags {
  readonly url: string;
  readonly token?: string;
  readonly room: string;
  readonly timeout: string;
}

/** One step of the round trip and how long it took: from the one before, `deliver` from the send, `stored` from the acknowledgement. */
interface Step {
  readonly step: string;
  readonly ms: number;
}

/** `weir probe`: does what a client does, and says how long each step took. Rejects at the first that fails. */
export async function runProbe(raw: RawSettings, flags: ProbeFlags): Promise<void> {
  const ms = parseDuration(flags.timeout);
  if (ms === undefined) throw flagFault("--timeout", flags.timeout, "a duration such as 10s");
  tellOfFlags(raw);
  const rooms = `${flags.room}=read,write`;
  const token = flags.token ?? (await signToken(raw, { sub: "weir-probe", exp: "5m", rooms }));
  const steps: Step[] = [];
  const client = connect({ url: flags.url, token });
  try {
    const stuck = (): Error =>
      new Error(`no answer within ${flags.timeout} after: ${steps.map(({ step }) => step).join(", ") || "nothing"}`);
    const run = (signal: AbortSignal): Promise<void> =>
      Promise.race([noGateway(client, flags.url, signal), roundTrip(client, flags.room, steps)]);
    await withDeadline({ clock: systemClock, ms, error: stuck }, run);
  } finally {
    client.close();
    for (const { step, ms: took } of steps) process.stdout.write(`${step.padEnd(8)} ${took.toFixed(1)} ms\n`);
  }
}

/** Never resolves. Rejects where the client gets no connection and no gateway answers at the URL, so that trying on is no use. */
function noGateway(client: ChatClient, url: string, signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    client.on("state", ({ status }) => {
      if (status === "offline") requireGateway(url, signal).catch(reject);
    });
  });
}

async function roundTrip(client: ChatClient, roomName: string, steps: Step[]): Promise<void> {
  let last = performance.now();
  const done = (step: string, from = last): void => {
    last = performance.now();
    steps.push({ step, ms: last - from });
  };
  await online(client);
  done("connect");
  const room = client.join(roomName);
  await live(room);
  done("join");
  const id = newId();
  const received = arrival(room, id);
  const sentAt = last;
  const { seq } = await room.send("probe", { id });
  done("send");
  const acknowledgedAt = last;
  await received;
  done("deliver", sentAt);
  await stored(room, seq);
  done("stored", acknowledgedAt);
  const { entries } = await room.history({ after: seq - 1, limit: 1 });
  if (entries[0]?.id !== id) throw new Error("the message is not in the history");
  done("history");
}

function online(client: ChatClient): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (client.state.status === "online") resolve();
      if (client.state.status === "closed") reject(new Error(`the gateway refuses the token: ${client.state.reason}`));
    };
    client.on("state", look);
    look();
  });
}

function live(room: Room): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (room.state.status === "live") resolve();
      if (room.state.status === "out") reject(new Error(`the room is closed to the probe: ${room.state.reason}`));
    };
    room.on("state", look);
    look();
  });
}

function arrival(room: Room, id: string): Promise<void> {
  return new Promise((resolve) => {
    room.on("entries", (entries) => entries.some((entry) => entry.id === id) && resolve());
  });
}

function stored(room: Room, seq: number): Promise<void> {
  return new Promise((resolve) => {
    const look = (upTo: number): void => (upTo >= seq ? resolve() : undefined);
    room.on("stored", look);
    look(room.storedSeq);
  });
}
