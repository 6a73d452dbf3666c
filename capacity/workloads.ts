/** What users do. Figures of users mean nothing without it. */
export interface Workload {
  readonly name: string;
  readonly meaning: string;
  /** Sent by one connection in an hour, in the busy time. */
  readonly messagesPerHour: number;
  /** Of a room that are connected. */
  readonly membersEach: number;
  readonly roomsEach: number;
}

/** Mattermost's own load test comes to 0.0007 messages a second and user; the second is thirty times as busy. */
export const workloads: readonly Workload[] = [
  {
    name: "team",
    meaning: "people at work, most of them silent most of the time",
    messagesPerHour: 2.5,
    membersEach: 50,
    roomsEach: 20,
  },
  {
    name: "lively",
    meaning: "everyone writes once in less than a minute",
    messagesPerHour: 75,
    membersEach: 20,
    roomsEach: 3,
  },
];
