import type { Entry } from "../../chat/entry.ts";

/** The entry in these bytes, or undefined where they are none. Checks what the log itself relies on. */
export function parseEntry(json: string): Entry | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isEntry(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const texts = ["kind", "room", "epoch", "id"];
const numbers = ["seq", "at"];

function isEntry(value: unknown): value is Entry {
  if (typeof value !== "object" || value === null) return false;
  const has = (name: string, type: "string" | "number"): boolean => typeof Reflect.get(value, name) === type;
  return texts.every((name) => has(name, "string")) && numbers.every((name) => has(name, "number"));
}
