import type { CountedEntry } from "./accounting.ts";
import type { Place } from "./holes.ts";

/* What a gateway says, which is unknown until it has been looked at. See docs/protocol.md. */

export interface Refusal {
  readonly code: string;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
}

/** What becomes of a request. `lost`: the connection went before the answer came; `hang`: none came in time. */
export type Outcome =
  | { readonly kind: "ok"; readonly answer: Fields }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  | { readonly kind: "lost" | "hang" };

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

export function isPlace(value: unknown): value is Place {
  return isFields(value) && typeof value["epoch"] === "string" && typeof value["seq"] === "number";
}

function isEntry(value: unknown): value is CountedEntry {
  return isPlace(value) && isFields(value) && typeof value["id"] === "string";
}

/** Throws for a list that has something else in it. */
export function entriesIn(value: unknown): readonly CountedEntry[] {
  if (!Array.isArray(value) || !value.every(isEntry)) throw new Error("no list of entries");
  return value;
}

/** Undefined where there is no error in it. */
export function refusalIn(value: unknown): Refusal | undefined {
  if (!isFields(value) || typeof value["code"] !== "string") return undefined;
  const { code, retryAfterMs } = value;
  return {
    code,
    retryable: value["retryable"] === true,
    retryAfterMs: typeof retryAfterMs === "number" ? retryAfterMs : undefined,
  };
}

/** Throws for what is no answer. */
export function readAnswer(value: unknown): Outcome {
  if (isFields(value) && value["ok"] === true) return { kind: "ok", answer: value };
  const refusal = refusalIn(isFields(value) ? value["error"] : undefined);
  if (refusal === undefined) throw new Error("no answer");
  return { kind: "refused", refusal };
}
