/** What `INFO` says, by field. */
export type ServerInfo = ReadonlyMap<string, string>;

/** Reads the text of `INFO`: lines of `field:value`, and headings. */
export function parseInfo(text: string): ServerInfo {
  const fields = text.split("\n").map((line) => line.trim().split(/:(.*)/, 2));
  return new Map(fields.flatMap(([name = "", value]) => (value === undefined ? [] : [[name, value] as const])));
}

/**
 * What keeps a Redis from being one on which an acknowledgement can be `safe`, and what to change; undefined where nothing
 * does. `INFO` alone is asked, because services that run Redis for others tend to forbid `CONFIG`.
 */
export function whyNotSafe(info: ServerInfo): string | undefined {
  const faults = [replicaFault(info), appendOnlyFault(info), evictionFault(info)].filter(
    (fault) => fault !== undefined,
  );
  return faults.length === 0 ? undefined : faults.join("; ");
}

function replicaFault(info: ServerInfo): string | undefined {
  if (info.get("role") === "slave") return "it is a replica itself: point WEIR_REDIS_URL at the primary";
  const online = [...info].some(([name, value]) => /^slave\d+$/.test(name) && value.includes("state=online"));
  return online ? undefined : "no replica of it is online: start one with `replicaof`";
}

function appendOnlyFault(info: ServerInfo): string | undefined {
  const enabled = info.get("aof_enabled");
  if (enabled === "1") return undefined;
  return enabled === undefined
    ? "it does not say whether it writes an append-only file: allow INFO"
    : "it writes no append-only file: set `appendonly yes`";
}

function evictionFault(info: ServerInfo): string | undefined {
  const policy = info.get("maxmemory_policy");
  if (policy === "noeviction") return undefined;
  return policy === undefined
    ? "it does not say whether it evicts: allow INFO"
    : `it evicts (${policy}): set \`maxmemory-policy noeviction\``;
}
