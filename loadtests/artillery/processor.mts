/*
 * The functions that the scenarios name. Artillery loads this file as it is into the worker thread that runs the virtual users; with the
 * ending .ts it would make a bundle of it first. Each function is declared `async`: Artillery hands a callback to the others.
 */
import { writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { Socket } from "socket.io-client";
import { Ledger } from "../lib/accounting.ts";
import { Gathering } from "./gathering.ts";
import { Handshakes } from "./handshakes.ts";
import { Member, now } from "./member.ts";
import { type RunResult, resultFileIn } from "./run-result.ts";

/** What Artillery hands to a function of a scenario, as far as it is used. */
interface VirtualUser {
  readonly sockets: Readonly<Record<string, Socket>>;
  readonly vars: Readonly<Record<string, unknown>>;
  member?: Member;
}

interface Events {
  emit(kind: "histogram", name: string, value: number): unknown;
  emit(kind: "error", what: string): unknown;
}

/** How long those who are there wait for the others, ms. */
const gatherWithinMs = 15_000;
/** How long deliveries may take after the last message, ms. */
const settleWithinMs = 10_000;
/** What ends within this time is written together, ms. */
const resultAfterMs = 50;

const { file, members } = resultFileIn(process.env);
const ledger = new Ledger();
const handshakes = new Handshakes();
const places = { start: new Gathering(members, gatherWithinMs), end: new Gathering(members, gatherWithinMs) };
const read = new Map<string, Promise<void>>();
let entered = 0;
let broken = false;
let leaving: Promise<void> | undefined;

/** Artillery ends the worker without a word when the last user is done, so no user is before the result with its part is left. */
async function leaveResult(): Promise<void> {
  leaving ??= pause(resultAfterMs);
  await leaving;
  if (leaving === undefined) return;
  leaving = undefined;
  const counts = handshakes.read();
  // Who was refused at the first try never came to `enter`: the engine ends such a user.
  const handshakesRefused = counts.handshakesRefused + Math.max(0, members - entered);
  const result: RunResult = { verdict: ledger.verdict(), handshakes: { ...counts, handshakesRefused } };
  writeFileSync(file, JSON.stringify(result));
}

/** Artillery counts a user whose function failed, and does not say why. */
async function reported(events: Events, step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    events.emit("error", error instanceof Error ? error.message : String(error));
    throw error;
  }
}

/** Joins the room. */
export async function enter(user: VirtualUser, events: Events): Promise<void> {
  await reported(events, async () => {
    entered += 1;
    const socket = user.sockets[""];
    if (socket === undefined) throw new Error("the engine has no socket for its target");
    const membership = { member: String(user.vars["member"]), room: String(user.vars["room"]) };
    const observe = (name: string, ms: number): void => void events.emit("histogram", name, ms);
    user.member = new Member({ socket, ledger, handshakes, membership, observe });
    await user.member.enter();
  });
}

/** Waits until all are in. */
export async function gather(): Promise<void> {
  await places.start.arrive();
}

export async function say(user: VirtualUser, events: Events): Promise<void> {
  await reported(events, () => memberOf(user).say());
}

/** From the first on whose connection breaks, the handshakes of the storm are counted, and no others. */
export async function breakConnection(user: VirtualUser): Promise<void> {
  if (!broken) handshakes.beginAt(now());
  broken = true;
  memberOf(user).breakConnection();
}

/** Waits until all have said everything and everybody has it, then reads the history; each room's is read once. */
export async function settle(user: VirtualUser, events: Events): Promise<void> {
  await reported(events, async () => {
    await places.end.arrive();
    for (const deadline = now() + settleWithinMs; !ledger.isSettled() && now() < deadline; ) await pause(100);
    await readBack(user);
  });
}

/** Goes in the middle of it all: what comes later is not for this one. */
export async function leave(user: VirtualUser, events: Events): Promise<void> {
  await reported(events, async () => {
    memberOf(user).leave();
    await places.end.arrive();
    await readBack(user);
  });
}

async function readBack(user: VirtualUser): Promise<void> {
  const room = String(user.vars["room"]);
  const reading = read.get(room) ?? memberOf(user).readBack();
  read.set(room, reading);
  try {
    await reading;
  } finally {
    await leaveResult();
  }
}

function memberOf(user: VirtualUser): Member {
  if (user.member === undefined) throw new Error("the scenario does not begin with `enter`");
  return user.member;
}
