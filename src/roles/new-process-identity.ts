import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Settings } from "../config/index.ts";

/** `<pod or host>_<unique>`: a process that starts again is another one. Made once for a `Runtime`. */
export function newProcessIdentity({ podName }: Settings): string {
  return `${podName ?? hostname()}_${randomUUID()}`;
}
