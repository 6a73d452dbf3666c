import { ConfigError } from "../../config/index.ts";
import type { RedisConnection } from "./redis-connection.ts";

/**
 * Holds the number of partitions to what it was at the first start: rooms are found by it, so with another one their
 * recent messages would be looked for in the wrong place. Rejects with a ConfigError.
 */
export async function checkPartitionCount(connection: RedisConnection, key: string, partitions: number): Promise<void> {
  const read = (): Promise<string | null> => connection.command((client) => client.get(key));
  const known = await read();
  // Only the first start writes, so later ones need no memory of a Redis that is full.
  if (known === null) await connection.command((client) => client.set(key, partitions, "NX"));
  const first = known ?? (await read());
  if (first === String(partitions)) return;
  throw new ConfigError(
    `WEIR_PARTITIONS: ${partitions} is not valid; this Redis was first used with ${first}; allowed: ${first}`,
  );
}
