import type { Fleet, GatewayLoad } from "../../gateway/fleet.ts";
import type { RedisConnection } from "./redis-connection.ts";
import { textList } from "./reply.ts";

export interface RedisFleetOptions {
  readonly connection: RedisConnection;
  /** One hash holds all of it, so one script touches one slot. */
  readonly key: string;
  readonly memoryMs: number;
}

/** The gateways that share a Redis. Its clock decides who was silent for too long, so theirs need not agree. */
export class RedisFleet implements Fleet {
  readonly #options: RedisFleetOptions;

  constructor(options: RedisFleetOptions) {
    this.#options = options;
  }

  async report({ gateway, connections }: GatewayLoad): Promise<readonly GatewayLoad[]> {
    const { connection, key, memoryMs } = this.#options;
    const flat = textList(await connection.run("reportLoad", [key], [gateway, connections, memoryMs]));
    return flat.flatMap((name, i) => (i % 2 === 0 ? [{ gateway: name, connections: Number(flat[i + 1]) }] : []));
  }

  async leave(gateway: string): Promise<void> {
    const { connection, key } = this.#options;
    await connection.command((client) => client.hdel(key, gateway));
  }
}
