export type * from "./message-log.ts";
export { changesRead } from "./message-log.ts";
export type * from "./message-store.ts";
