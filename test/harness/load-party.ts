import { randomInt } from "node:crypto";
import type { Party } from "../../loadtests/journeys/chat.ts";
import type { Plan } from "../../loadtests/lib/plans.ts";
import { Deployment } from "./deployment.ts";
import type { MongoServer } from "./mongo-server.ts";

/** Caps that a test of seconds can reach. */
const hurried = { WEIR_QUEUE_MAX_MESSAGES: "20", WEIR_QUEUE_MAX_AGE: "1s", WEIR_LOG_TAIL: "5000" };

/** Two gateways and a flusher for people of a load test. */
export function deployForParties(mongo: MongoServer): Promise<Deployment> {
  const database = `load-${randomInt(1_000_000)}`;
  return Deployment.start({ mongo, database, gateways: 2, flushers: 1, env: hurried });
}

export function doorsOf(deployment: Deployment): string[] {
  return deployment.gateways.map((_, i) => deployment.door(i));
}

/** A party with as much of its plan's shape as fits into some seconds. */
export function small({ chat: { party } }: Plan, seconds = 4): Party {
  const members = Math.min(party.members, 6);
  return {
    ...party,
    members,
    rooms: Math.min(party.rooms, 12),
    roomsEach: Math.min(party.roomsEach, 4),
    senders: Math.min(party.senders, 4),
    perSecond: 20,
    seconds,
    ...(party.dropEvery === undefined ? {} : { dropEvery: 1.5 }),
    ...(party.laggards === undefined ? {} : { perSecond: 60, laggards: { members: 2, everySeconds: 3 } }),
  };
}
