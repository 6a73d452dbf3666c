/*
 * What happens to a client that does not keep up, mildest first. Nothing that is dropped here is lost: the log has it.
 *
 *   too old for its kind ─► expire      too much waits ─► drop ephemeral ─► throw the messages away, tell the client to resync
 *   takes or confirms nothing ─► hold what would follow ─► close
 */

/** How much may wait for one client. */
export interface QueueLimits {
  /** Bytes of messages and ephemeral events. */
  readonly maxBytes: number;
  /** Messages and ephemeral events that wait; also entries that the client has not confirmed, where it sends receipts. */
  readonly maxMessages: number;
  /** How long anything may wait, ms; also how long too much may be unconfirmed. */
  readonly maxAgeMs: number;
  /** How long a client may take nothing at all, ms. */
  readonly stuckMs: number;
  /** Bytes of answers that wait. They are never dropped, so beyond this the client is closed. */
  readonly answerBytes: number;
}

/**
 * Answers: four pages of 200 messages with texts of 8 KiB, or one on which each message has all the reactions that it may have, of users with
 * ids of 36 characters. The kernel has taken up to 4 MB by the time that anything waits here.
 */
export const defaultQueueLimits: QueueLimits = {
  maxBytes: 262_144,
  maxMessages: 500,
  maxAgeMs: 10_000,
  stuckMs: 30_000,
  answerBytes: 8_388_608,
};

/** Who takes something within this time is not slow, ms. */
const slowAfterMs = 1_000;

/** One sort of what waits. */
export interface Waiting {
  readonly bytes: number;
  readonly messages: number;
  /** Age of the oldest, ms; 0 when nothing waits. */
  readonly oldestMs: number;
}

export interface QueueSnapshot {
  /** Messages of rooms: the log has them too. */
  readonly durable: Waiting;
  /** Typing, presence. */
  readonly ephemeral: Waiting;
  /** Answers and notices: kept. */
  readonly answers: Waiting;
  /** How long the transport has taken nothing although something waits, ms. */
  readonly stuckMs: number;
  /** How long more than `maxMessages` entries have been unconfirmed without any progress, ms; 0 for clients without receipts. */
  readonly unconfirmedMs: number;
  /** Nothing more is handed to the transport. */
  readonly held: boolean;
}

/** `memory`: the process has almost none left, and those who read slowest go first. */
export type CloseCause = "stuck" | "unconfirmed" | "answers" | "memory";

export type Step =
  /** Drop the ephemeral events that are too old. */
  | { readonly kind: "expire" }
  | { readonly kind: "drop-ephemeral" }
  /** Throw away the messages that wait and tell the client where to resync from. */
  | { readonly kind: "resync" }
  /** Give the kernel nothing more: it hides about 4 MB of what the client has not read. */
  | { readonly kind: "hold" }
  | { readonly kind: "close"; readonly cause: CloseCause };

/** The next step to take, or none. Taken until there is none, each step removes what called for it. */
export function nextStep(snapshot: QueueSnapshot, limits: QueueLimits): Step | undefined {
  const cause = closeCause(snapshot, limits);
  if (cause !== undefined) return { kind: "close", cause };
  const { durable, ephemeral } = snapshot;
  if (ephemeral.oldestMs > limits.maxAgeMs) return { kind: "expire" };
  if (ephemeral.messages > 0 && isTooMuch(sum(durable, ephemeral), limits)) return { kind: "drop-ephemeral" };
  if (isTooMuch(durable, limits) || durable.oldestMs > limits.maxAgeMs) return { kind: "resync" };
  if (!snapshot.held && snapshot.unconfirmedMs > limits.maxAgeMs) return { kind: "hold" };
  return undefined;
}

function closeCause({ answers, stuckMs, unconfirmedMs }: QueueSnapshot, limits: QueueLimits): CloseCause | undefined {
  if (answers.bytes > limits.answerBytes) return "answers";
  if (stuckMs > limits.maxAgeMs + limits.stuckMs) return "stuck";
  return unconfirmedMs > limits.maxAgeMs + limits.stuckMs ? "unconfirmed" : undefined;
}

function sum(a: Waiting, b: Waiting): Waiting {
  return { bytes: a.bytes + b.bytes, messages: a.messages + b.messages, oldestMs: Math.max(a.oldestMs, b.oldestMs) };
}

/** One message may be larger than the limit; it alone is never too much. */
function isTooMuch({ bytes, messages }: Waiting, { maxBytes, maxMessages }: QueueLimits): boolean {
  return messages > maxMessages || (messages > 1 && bytes > maxBytes);
}

/** How slow a client is, to compare clients: bytes that wait; 0 for one that is only in the middle of taking something. */
export function slowness({ durable, ephemeral, answers, held }: QueueSnapshot): number {
  const oldestMs = Math.max(durable.oldestMs, ephemeral.oldestMs, answers.oldestMs);
  return held || oldestMs >= slowAfterMs ? 1 + durable.bytes + ephemeral.bytes + answers.bytes : 0;
}
