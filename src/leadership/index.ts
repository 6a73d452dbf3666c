export { AlwaysLeader } from "./always-leader.ts";
export { controllerTiming, type ElectionTiming, flusherTiming } from "./election-timing.ts";
export { Elector } from "./elector.ts";
export type * from "./lease.ts";
