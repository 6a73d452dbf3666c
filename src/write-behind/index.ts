export type * from "./message-log.ts";
export { changesRead, maxDeadLetters } from "./message-log.ts";
export type * from "./message-store.ts";
