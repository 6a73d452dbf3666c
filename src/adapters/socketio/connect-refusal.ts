import type { Socket as EngineSocket } from "engine.io";
import { toWireError, type WireError } from "../../protocol/errors.ts";

/** What `connect_error` hands to a client: `error.data` has the code. */
export interface ConnectRefusal {
  readonly message: string;
  readonly data: Pick<WireError, "code" | "retryAfterMs">;
}

/** Makes of an error what the client is to get. */
export function connectRefusal(error: unknown): ConnectRefusal {
  const { code, message, retryAfterMs } = toWireError(error);
  return { message, data: retryAfterMs === undefined ? { code } : { code, retryAfterMs } };
}

/** Refuses a request to connect to `/chat` that Socket.IO does not get to see, in its words. */
export function refuseConnect(conn: EngineSocket, error: unknown): void {
  conn.write(`4/chat,${JSON.stringify(connectRefusal(error))}`);
}
