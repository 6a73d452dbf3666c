import type { RedisConnection } from "./redis-connection.ts";
import { textList } from "./reply.ts";

/**
 * Rooms with a member on any gateway, in no promised order: gateways subscribe to the feeds of just those, so Redis knows them. One call
 * whose answer grows with their number. Rejects with UNAVAILABLE.
 * @param prefix of every key, as for the log
 */
export async function activeRooms(connection: RedisConnection, prefix: string): Promise<string[]> {
  const feeds = `${prefix}{p*}:feed:*`;
  const channels = textList(await connection.command((client) => client.call("PUBSUB", "SHARDCHANNELS", feeds)));
  return channels.map((channel) => channel.slice(prefix.length).replace(/^\{p\d+\}:feed:/, ""));
}
