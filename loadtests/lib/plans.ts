import type { Party } from "../journeys/chat.ts";
import type { Visit } from "../journeys/visit.ts";
import type { Arrivals } from "./stages.ts";

/** Who comes, how many of them, and what is judged. The journeys are the same everywhere; a plan is a shape. */
export interface Plan {
  readonly title: string;
  readonly chat: { readonly party: Party; readonly arrivals: Arrivals };
  /** Newcomers beside them who only come and go; the arrivals are of visits, each of several people. */
  readonly visits?: { readonly visit: Visit; readonly arrivals: Arrivals };
  /** False where the test breaks something, so that deliveries are late by design. */
  readonly judgesLatency: boolean;
}

const minute = 60;

const talk: Party = {
  members: 20,
  rooms: 50,
  roomsEach: 2,
  senders: 20,
  perSecond: 4,
  seconds: minute,
  textCharacters: 80,
  patienceSeconds: 30,
};
const patient: Party = { ...talk, patienceSeconds: 90 };

/** A party every two seconds: once the first ones go, 600 people are in. */
const regular: Arrivals = { kind: "steady", perMinute: 30, seconds: 5 * minute };
/** All parties come in the first seconds and stay for the whole test. */
function together(parties: number): Arrivals {
  return { kind: "at once", parties };
}

export const plans = {
  smoke: {
    title: "one party for ten seconds: does it work at all?",
    chat: { party: { ...talk, members: 5, rooms: 2, senders: 5, perSecond: 5, seconds: 10 }, arrivals: together(1) },
    judgesLatency: true,
  },
  steady: {
    title: "people come, chat in some rooms and go",
    chat: { party: talk, arrivals: regular },
    judgesLatency: true,
  },
  "hot-room": {
    title: "everyone is in one room, few write",
    chat: {
      party: { ...talk, members: 50, rooms: 1, roomsEach: 1, senders: 1, perSecond: 1 },
      arrivals: { ...regular, perMinute: 10 },
    },
    judgesLatency: true,
  },
  "many-rooms": {
    title: "everyone is in many small rooms",
    chat: { party: { ...talk, rooms: 2_000, roomsEach: 10 }, arrivals: regular },
    judgesLatency: true,
  },
  "handshake-storm": {
    title: "newcomers by the hundred each second, while others chat",
    chat: { party: { ...talk, seconds: 3 * minute }, arrivals: together(5) },
    visits: {
      visit: { people: 20, seconds: 1, patienceSeconds: 60 },
      arrivals: { kind: "ramp", perMinute: [30, 600, 1_200], rampSeconds: 20, holdSeconds: 30 },
    },
    judgesLatency: true,
  },
  "reconnect-storm": {
    title: "everyone loses the connection at the same time, again and again",
    chat: { party: { ...patient, seconds: 4 * minute, dropEvery: minute }, arrivals: together(50) },
    judgesLatency: false,
  },
  "slow-readers": {
    title: "some members confirm what they get too late to be sent more",
    chat: {
      party: {
        ...patient,
        rooms: 1,
        roomsEach: 1,
        senders: 10,
        perSecond: 45,
        seconds: 3 * minute,
        laggards: { members: 5, everySeconds: 25 },
      },
      arrivals: together(1),
    },
    judgesLatency: false,
  },
  rollout: {
    title: "chat goes on while you replace the gateways",
    chat: { party: { ...patient, seconds: 10 * minute }, arrivals: together(30) },
    judgesLatency: false,
  },
  failover: {
    title: "chat goes on while you kill a gateway, the flusher, or Redis",
    chat: { party: { ...patient, seconds: 10 * minute, patienceSeconds: 180 }, arrivals: together(30) },
    judgesLatency: false,
  },
  soak: {
    title: "people come, chat and go for hours",
    chat: {
      party: { ...talk, seconds: 10 * minute },
      arrivals: { kind: "steady", perMinute: 3, seconds: 240 * minute },
    },
    judgesLatency: true,
  },
} as const satisfies Readonly<Record<string, Plan>>;

export type PlanName = keyof typeof plans;
