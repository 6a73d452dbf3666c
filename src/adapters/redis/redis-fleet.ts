import type { Fleet, GatewayLoad } from "../../gateway/fleet.ts";
import type { RedisConnection } from "./redis-connection.ts";
import { textList } from "./reply.ts";

export interface RedisFleetOptions {
  readonly connection: RedisConnection;
  /** One hash holds all of it, so one script touches one slot. */
  readonly key: string;
  readonly memoryMs: number;
}

/** What scripts return of a fleet: gateway, connections and policies of each, one after the other. */
export function loadsIn(reply: unknown): GatewayLoad[] {
  const flat = textList(reply);
  return flat.flatMap((gateway, i) => {
    if (i % 3 !== 0) return [];
    const load = { gateway, connections: Number(flat[i + 1]) };
    return flat[i + 2] === "-" ? load : { ...load, policies: Number(flat[i + 2]) };
  });
}

/** The gateways that share a Redis. Its clock decides who was silent for too long, so theirs need not agree. */
export class RedisFleet implements Fleet {
  readonly #options: RedisFleetOptions;

  constructor(options: RedisFleetOptions) {
    this.#options = options;
  }

  async report({ gateway, connections, policies }: GatewayLoad): Promise<readonly GatewayLoad[]> {
    const { connection, key, memoryMs } = this.#options;
    return loadsIn(await connection.run("reportLoad", [key], [gateway, connections, memoryMs, policies ?? "-"]));
  }

  async leave(gateway: string): Promise<void> {
    const { connection, key } = this.#options;
    await connection.command((client) => client.hdel(key, gateway));
  }
}
