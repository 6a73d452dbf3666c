/** A reply as the list that the script promises, each item as text. Throws where it is none: then script and caller differ. */
export function textList(reply: unknown): string[] {
  return list(reply).map(text);
}

export function list(reply: unknown): readonly unknown[] {
  if (Array.isArray(reply)) return reply;
  throw new TypeError(`expected a list from Redis, got ${typeof reply}`);
}

export function text(reply: unknown): string {
  if (typeof reply === "string") return reply;
  if (typeof reply === "number") return String(reply);
  throw new TypeError(`expected text from Redis, got ${typeof reply}`);
}

/** One entry of a stream: its id, and its fields by name. */
export interface StreamItem {
  readonly id: string;
  readonly fields: ReadonlyMap<string, string>;
}

export function streamItems(reply: unknown): StreamItem[] {
  return list(reply).map((item) => {
    const [id, pairs] = list(item);
    const flat = textList(pairs);
    const fields = new Map(flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1] ?? ""] as const] : [])));
    return { id: text(id), fields };
  });
}
