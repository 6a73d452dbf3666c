import type { Entry } from "./entry.ts";

const kinds: readonly unknown[] = ["message", "edit", "delete", "reaction", "system"];

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** Whether a value has what every entry has. What only some have was checked when it was sent. */
function isEntry(value: unknown): value is Entry {
  if (!isRecord(value) || !isRecord(value["from"])) return false;
  const strings = [value["room"], value["epoch"], value["id"], value["from"]["id"]];
  const numbers = [value["seq"], value["at"]];
  return (
    kinds.includes(value["kind"]) &&
    strings.every((each) => typeof each === "string") &&
    numbers.every((each) => typeof each === "number")
  );
}

/** The entry that was written as JSON; undefined where the text is none. */
export function parseEntry(json: string): Entry | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isEntry(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
