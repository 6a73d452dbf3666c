export { AlwaysLeader, type AlwaysLeaderOptions } from "./always-leader.ts";
export { type ElectionTiming, flusherTiming } from "./election-timing.ts";
export { Elector, type ElectorOptions, type ElectorState } from "./elector.ts";
export type * from "./lease.ts";
