import type { Clock } from "../../kernel/clock.ts";
import type { PartitionGate } from "./partition-gate.ts";
import type { RedisConnection } from "./redis-connection.ts";
import { text } from "./reply.ts";

/** How long a first answer is remembered at least, ms: the horizon of retries that the wire contract names. */
export const rememberMs = 600_000;
const lookEveryMs = 30_000;

export interface RotationOptions {
  readonly connection: Pick<RedisConnection, "connected" | "run">;
  readonly gate: Pick<PartitionGate, "keys">;
  readonly partitions: number;
  readonly clock: Clock;
}

interface Seen {
  readonly generation: string;
  /** Monotonic ms of the first look that found it. */
  readonly since: number;
}

/**
 * Forgets old answers to appends. No key expires, because a jump of the clock of Redis would expire it early. A generation
 * ends when some process has seen it for `rememberMs` on its own monotonic clock. An answer outlives at least one whole
 * generation.
 */
export class AnswerRotation {
  readonly #options: RotationOptions;
  readonly #seen = new Map<number, Seen>();
  #cancel = (): void => {};

  constructor(options: RotationOptions) {
    this.#options = options;
  }

  begin(): void {
    void this.rotate();
    this.#cancel = this.#options.clock.schedule(lookEveryMs, () => this.begin());
  }

  end(): void {
    this.#cancel();
  }

  /** Looks at every partition, and ends the generations that are over. Never rejects. */
  async rotate(): Promise<void> {
    const { connection, partitions } = this.#options;
    if (!connection.connected) return;
    const all = Array.from({ length: partitions }, (_, partition) => this.#look(partition));
    await Promise.allSettled(all);
  }

  async #look(partition: number): Promise<void> {
    const { connection, gate, clock } = this.#options;
    const { meta, answers } = gate.keys(partition);
    const now = clock.monotonic();
    const seen = this.#seen.get(partition);
    const isOver = seen !== undefined && now - seen.since >= rememberMs;
    const generation = text(await connection.run("rotateAnswers", [meta, ...answers], [isOver ? seen.generation : ""]));
    if (generation !== seen?.generation) this.#seen.set(partition, { generation, since: clock.monotonic() });
  }
}
