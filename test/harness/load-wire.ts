import type { Entry } from "../../src/chat/entry.ts";
import type { Position } from "../../src/chat/position.ts";
import type { Durability } from "../../src/protocol/schemas.ts";
import type { Outgoing } from "./checker-journal.ts";

/* The answers of a gateway as a client without our code sees them: unknown until looked at. */

export interface TypedError {
  readonly code: string;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
}

export type Outcome =
  | { readonly kind: "ok"; readonly answer: Readonly<Record<string, unknown>> }
  | { readonly kind: "error"; readonly error: TypedError };

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const events = {
  message: "message:send",
  edit: "message:edit",
  delete: "message:delete",
  reaction: "message:react",
} as const satisfies Readonly<Record<Outgoing["kind"], string>>;

export function wireRequest({ kind, tier, ...rest }: Outgoing): { readonly event: string; readonly request: object } {
  return { event: events[kind], request: tier === undefined ? rest : { ...rest, durability: tier } };
}

export function isTier(value: unknown): value is Durability {
  return value === "fast" || value === "safe" || value === "stored";
}

/** Throws for an answer that has not the documented shape. */
export function readAnswer(answer: unknown): Outcome {
  if (isObject(answer) && answer["ok"] === true) return { kind: "ok", answer };
  const error = isObject(answer) ? answer["error"] : undefined;
  if (!isObject(error) || typeof error["code"] !== "string") throw new Error(`no answer: ${JSON.stringify(answer)}`);
  const after = error["retryAfterMs"];
  return {
    kind: "error",
    error: {
      code: error["code"],
      retryable: error["retryable"] === true,
      retryAfterMs: typeof after === "number" ? after : undefined,
    },
  };
}

export function isPosition(value: unknown): value is Position {
  return isObject(value) && typeof value["epoch"] === "string" && typeof value["seq"] === "number";
}

export function isEntries(value: unknown): value is readonly Entry[] {
  return Array.isArray(value) && value.every((entry) => isPosition(entry) && "room" in entry && "id" in entry);
}
