import { ChatError } from "../protocol/errors.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Buffered, LogDrainer, Refusal, StoreWriter } from "../write-behind/index.ts";

/** An entry of the buffer that can't be stored. */
export interface Rejected {
  readonly buffered: Buffered;
  readonly reason: Refusal["reason"] | "undecodable";
  readonly detail: string;
}

export interface PutAside {
  readonly drainer: LogDrainer;
  readonly writer: StoreWriter;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Characters of an error that are kept with a dead letter. */
const detailLength = 500;

/**
 * Keeps an entry among the dead letters and closes the hole that it leaves in the history. The placeholder comes first: a store
 * that does not even take that is ill, and then nothing is put aside. Idempotent.
 */
export async function putAside(deps: PutAside, partition: number, rejected: Rejected): Promise<void> {
  const { buffered, reason, detail } = rejected;
  if (buffered.entry !== undefined) await deps.writer.hold(buffered.entry);
  await bury(deps, { partition, buffered, error: `${reason}: ${detail}`.slice(0, detailLength) });
  deps.metrics.count("weir_dead_letters_total", { reason });
  const { room, epoch, seq } = buffered.entry ?? {};
  deps.logger.error(
    { partition, cursor: buffered.cursor, reason, room, epoch, seq },
    "entry put aside as a dead letter",
  );
}

interface Letter {
  readonly partition: number;
  readonly buffered: Buffered;
  readonly error: string;
}

async function bury({ drainer, metrics }: PutAside, { partition, buffered, error }: Letter): Promise<void> {
  try {
    await drainer.bury(partition, buffered, error);
  } catch (cause) {
    if (cause instanceof ChatError && cause.code === "OVERLOADED") {
      metrics.count("weir_cap_reached_total", { cap: "dead_letters" });
    }
    throw cause;
  }
}
