/** What a worker tells its primary. */
export type FromWorker =
  | { readonly weir: "health"; readonly ready: boolean }
  | { readonly weir: "metrics"; readonly ask: number; readonly snapshot: unknown };

/** What a primary tells its workers. */
export type ToWorker = { readonly weir: "stop" } | { readonly weir: "metrics"; readonly ask: number };

/** Other messages are the balancer's. */
export function fromWorker(message: unknown): FromWorker | undefined {
  if (!isTagged(message)) return undefined;
  const { weir, ready, ask, snapshot } = message;
  if (weir === "health" && typeof ready === "boolean") return { weir, ready };
  if (weir === "metrics" && typeof ask === "number") return { weir, ask, snapshot };
  return undefined;
}

export function toWorker(message: unknown): ToWorker | undefined {
  if (!isTagged(message)) return undefined;
  const { weir, ask } = message;
  if (weir === "stop") return { weir };
  if (weir === "metrics" && typeof ask === "number") return { weir, ask };
  return undefined;
}

interface Tagged {
  readonly weir: unknown;
  readonly ready?: unknown;
  readonly ask?: unknown;
  readonly snapshot?: unknown;
}

function isTagged(message: unknown): message is Tagged {
  return typeof message === "object" && message !== null && "weir" in message;
}
