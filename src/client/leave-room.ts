import { ChatError } from "../protocol/errors.ts";
import { type ClientClock, pause } from "./client-clock.ts";
import { ConnectionLost } from "./connection-lost.ts";
import { decideRetry } from "./retry-policy.ts";

export interface LeaveParts {
  /** Sends `room:leave`. */
  readonly request: () => Promise<unknown>;
  /** False once the room was joined anew, or the connection ended: then there is nothing to leave. */
  readonly needed: () => boolean;
  readonly clock: ClientClock;
  readonly random: () => number;
}

/** Tells the server that a room was left, again where the server refuses that for now. */
export async function leaveRoom({ request, needed, clock, random }: LeaveParts): Promise<void> {
  for (let attempt = 0; needed(); attempt++) {
    try {
      return void (await request());
    } catch (thrown) {
      if (!(thrown instanceof ChatError) || thrown instanceof ConnectionLost) return;
      const verdict = decideRetry({ error: thrown, attempt, leftMs: Number.POSITIVE_INFINITY, random: random() });
      if (verdict.kind === "end") return;
      await pause(clock, verdict.afterMs);
    }
  }
}
