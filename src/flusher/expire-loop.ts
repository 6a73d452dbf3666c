import { canaryRoom } from "../chat/room.ts";
import { policyFor } from "../chat/room-policy.ts";
import type { Clock } from "../kernel/clock.ts";
import type { PolicyView } from "../policies/index.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { StoreWriter } from "../write-behind/index.ts";

export interface ExpireLoopDeps {
  readonly writer: StoreWriter;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Age after which stored messages are deleted, ms; 0 keeps them. */
  readonly retentionMs: number;
  /** Rooms may have ages of their own. */
  readonly policies?: Pick<PolicyView, "rules">;
}

const sweepEveryMs = 60_000;
const pageEntries = 500;
/** Rooms of one step, where they have ages of their own: each costs the store a look or two. */
const pageRooms = 200;
/** Between two steps, so that deleting never takes the store from those who write: at most 500 entries a second. */
const stepEveryMs = 1_000;

/** What gateways send through themselves is of no use after it was measured, ms. */
const canaryRetentionMs = 3_600_000;

/** Deletes what is past its retention, a page at a time, until the signal aborts. */
export async function runExpireLoop(deps: ExpireLoopDeps, signal: AbortSignal): Promise<void> {
  const { clock, logger } = deps;
  while (!signal.aborted) {
    try {
      await sweep(deps, signal);
    } catch (error) {
      logger.warn({ err: error }, "old messages could not be deleted");
    }
    await clock.sleep(sweepEveryMs, signal);
  }
}

/** Where rooms have ages of their own they are gone through one by one, since each room has one age: the policies' or the deployment's. */
async function sweep(deps: ExpireLoopDeps, signal: AbortSignal): Promise<void> {
  await expireAll(deps, { retentionMs: canaryRetentionMs, signal, room: canaryRoom });
  const { policies, retentionMs } = deps;
  if (policies?.rules.some(({ settings }) => settings.retentionSeconds !== undefined)) await sweepRooms(deps, signal);
  else if (retentionMs > 0) await expireAll(deps, { retentionMs, signal });
}

async function sweepRooms(deps: ExpireLoopDeps, signal: AbortSignal): Promise<void> {
  const { writer, clock } = deps;
  let rooms = await writer.rooms("", pageRooms);
  while (rooms.length > 0 && !signal.aborted) {
    for (const room of rooms) {
      const retentionMs = retentionOf(deps, room);
      if (retentionMs > 0 && !signal.aborted) await expireAll(deps, { retentionMs, signal, room });
    }
    const last = rooms.at(-1) ?? "";
    await clock.sleep(stepEveryMs, signal);
    rooms = await writer.rooms(last, pageRooms);
  }
}

function retentionOf({ policies, retentionMs }: ExpireLoopDeps, room: string): number {
  const { retentionSeconds } = policyFor(policies?.rules ?? [], room);
  return retentionSeconds === undefined ? retentionMs : retentionSeconds * 1_000;
}

interface Expiry {
  readonly retentionMs: number;
  readonly signal: AbortSignal;
  readonly room?: string;
}

/** Page by page until nothing more is due. */
async function expireAll(
  { writer, clock, logger }: ExpireLoopDeps,
  { retentionMs, signal, room }: Expiry,
): Promise<void> {
  let deleted = pageEntries;
  while (deleted >= pageEntries && !signal.aborted) {
    deleted = await writer.expire(clock.now() - retentionMs, pageEntries, room);
    if (deleted > 0) logger.debug({ deleted, room }, "old messages deleted");
    if (deleted >= pageEntries) await clock.sleep(stepEveryMs, signal);
  }
}
