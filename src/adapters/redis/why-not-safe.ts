import { replicasOnline, type ServerInfo } from "./server-info.ts";

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
  return replicasOnline(info) > 0 ? undefined : "no replica of it is online: start one with `replicaof`";
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
