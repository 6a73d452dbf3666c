import { Ledger } from "../lib/accounting.ts";
import { Member } from "../lib/member.ts";
import { type Meter, Tally } from "../lib/meter.ts";
import type { Verdict } from "../lib/verdict.ts";
import { holds, pause, type World } from "../lib/world.ts";

/** Some people who come together, chat for a while and leave. */
export interface Party {
  readonly members: number;
  /** Rooms that all parties of a run share, and how many of them each member is in. */
  readonly rooms: number;
  readonly roomsEach: number;
  /** How many of the members write; the others read. */
  readonly senders: number;
  /** Messages that the party sends in a second, whether or not earlier ones were answered. */
  readonly perSecond: number;
  /** How long they chat. */
  readonly seconds: number;
  /** Of a text, beyond its id. */
  readonly textCharacters: number;
  /** How long a send is tried and what is missing is waited for, s. */
  readonly patienceSeconds: number;
  /** All of them lose their connections at once this often, s. */
  readonly dropEvery?: number;
  /** How many of the members confirm what they get only this often. */
  readonly laggards?: { readonly members: number; readonly everySeconds: number };
}

/** Where a journey takes place. */
export interface Scene {
  readonly world: World;
  readonly meter: Meter;
  /** Gateways, or one balancer before them; members take them in turn. */
  readonly urls: readonly string[];
  readonly path: string;
  /** Tells this run from others, and this party from the others of the run: parts of the names of rooms and users. */
  readonly run: string;
  readonly party: string;
  readonly token: (user: string) => string;
}

/** How often running figures are told, ms. */
const tellEveryMs = 2_000;

/** Comes, chats, waits until everything has arrived, reads back what it sent, and goes. Returns what came of it. */
export async function chat(scene: Scene, party: Party): Promise<Verdict> {
  const { world, meter } = scene;
  const ledger = new Ledger();
  const tally = new Tally(ledger, meter);
  for (const name of ["chat_handshakes", "chat_handshake_failures"] as const) meter(name, 0);
  const members = Array.from({ length: party.members }, (_, i) => join(scene, party, { ledger, i }));
  const patienceMs = party.patienceSeconds * 1_000;
  const settled = (): Promise<boolean> =>
    holds(world, patienceMs, () => members.every(({ isIn }) => isIn) && ledger.isSettled());
  try {
    await holds(world, patienceMs, () => members.every(({ isIn, gaveUp }) => isIn || gaveUp !== undefined));
    await converse({ ...scene, tally }, party, members);
    for (const member of laggardsOf(party, members)) member.catchUp();
    await settled();
    for (const member of sendersOf(party, members)) await member.readBack();
    await settled();
    for (const member of members) member.leave();
    return tally.finish();
  } finally {
    for (const member of members) member.close();
  }
}

function join(scene: Scene, party: Party, { ledger, i }: { readonly ledger: Ledger; readonly i: number }): Member {
  const { world, meter, urls, path } = scene;
  const name = `${scene.party}-${i}`;
  const firstRoom = Math.floor(world.random() * party.rooms);
  const lags = laggardsFrom(party) <= i;
  return new Member({
    world,
    ledger,
    meter,
    path,
    name,
    lags,
    url: urls[i % urls.length] ?? "",
    token: () => scene.token(name),
    rooms: Array.from({ length: party.roomsEach }, (_, k) => roomName(scene, (firstRoom + k) % party.rooms)),
    patienceMs: party.patienceSeconds * 1_000,
  });
}

function roomName({ run }: Scene, number: number): string {
  return `load:${run}:${number}`;
}

/** Laggards are the last of the members. */
function laggardsFrom({ members, laggards }: Party): number {
  return members - (laggards?.members ?? 0);
}

function laggardsOf(party: Party, members: readonly Member[]): readonly Member[] {
  return members.slice(laggardsFrom(party));
}

function sendersOf(party: Party, members: readonly Member[]): readonly Member[] {
  return members.slice(0, party.senders);
}

/** Sends at its rate for its time, and resolves when every send has ended. */
async function converse(
  { world, tally }: Scene & { readonly tally: Tally },
  party: Party,
  members: readonly Member[],
): Promise<void> {
  const senders = sendersOf(party, members);
  const filler = "x".repeat(party.textCharacters);
  const startedAt = world.now();
  const sends: Promise<void>[] = [];
  const chores = choresOf(party, members, tally);
  for (;;) {
    const elapsed = (world.now() - startedAt) / 1_000;
    if (elapsed >= party.seconds) break;
    for (const chore of chores) chore(elapsed);
    while (sends.length < elapsed * party.perSecond) {
      const sender = senders[sends.length % senders.length];
      const room = sender?.rooms[Math.floor(sends.length / senders.length) % sender.rooms.length];
      if (sender === undefined || room === undefined) break;
      sends.push(sender.send(room, filler));
    }
    await pause(world, Math.min(100, 1_000 / Math.max(1, party.perSecond)));
  }
  await Promise.all(sends);
}

type Chore = (elapsedSeconds: number) => void;

function choresOf(party: Party, members: readonly Member[], tally: Tally): readonly Chore[] {
  const { dropEvery, laggards } = party;
  const drop = (): void => {
    for (const member of members) member.drop();
  };
  const confirm = (): void => {
    for (const member of laggardsOf(party, members)) member.catchUp();
  };
  return [
    every(tellEveryMs / 1_000, () => tally.tell()),
    ...(dropEvery === undefined ? [] : [every(dropEvery, drop)]),
    ...(laggards === undefined ? [] : [every(laggards.everySeconds, confirm)]),
  ];
}

function every(seconds: number, run: () => void): Chore {
  let due = seconds;
  return (elapsed) => {
    if (elapsed < due) return;
    due += seconds;
    run();
  };
}
