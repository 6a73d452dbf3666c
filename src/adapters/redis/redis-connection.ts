import type { Redis } from "ioredis";
import type { Clock } from "../../kernel/clock.ts";
import type { ChatError } from "../../protocol/errors.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { ClientUse } from "./redis-client.ts";
import { loadScripts, type ScriptName } from "./script-loader.ts";
import { asChatError, isReply, type RefusalCode, refusalCode, unavailable } from "./unavailable.ts";
import { watchClient } from "./watch-client.ts";

export interface ConnectionOptions {
  readonly client: Redis;
  /** What it is for, in the log. */
  readonly use: ClientUse;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called each time that Redis refuses a command. */
  readonly onRefused?: ((code: RefusalCode) => void) | undefined;
}

/**
 * The connection that commands go through. It knows in which run of the server they are executed: a run begins when
 * the server starts or another takes over, and only within a run is it certain that nothing was lost.
 */
export class RedisConnection {
  readonly #client: Redis;
  readonly #logger: Logger;
  readonly #onRefused: (code: RefusalCode) => void;
  readonly #scripts = loadScripts();
  readonly #readyCallbacks: (() => void)[] = [];
  readonly #stopWatching: () => void;
  #runId: string | undefined;
  #lastError: Error | undefined;

  constructor({ client, use, clock, logger, onRefused = () => {} }: ConnectionOptions) {
    this.#client = client;
    this.#logger = logger;
    this.#onRefused = onRefused;
    this.#stopWatching = watchClient(client, use, { clock, logger });
    client.on("error", (error: Error) => {
      this.#lastError = error;
    });
    client.on("ready", () => void this.#identify());
    client.on("close", () => {
      this.#runId = undefined;
    });
  }

  /** Id of the server's run. Throws UNAVAILABLE while there is no connection. */
  get runId(): string {
    if (this.#runId === undefined) throw unavailable("the log is not connected");
    return this.#runId;
  }

  get connected(): boolean {
    return this.#runId !== undefined;
  }

  /** Why it could not connect, or lost the connection, the last time. */
  get lastError(): Error | undefined {
    return this.#lastError;
  }

  /** Calls back each time that the connection works, once the run is known. */
  onReady(callback: () => void): void {
    this.#readyCallbacks.push(callback);
  }

  /** Begins to connect, and to reconnect for as long as it is not closed. */
  open(): void {
    this.#client.connect().catch(() => {
      // Told by the error event; the client tries again.
    });
  }

  /** Runs a script. Rejects with a ChatError: UNAVAILABLE means that it may have run. */
  async run(name: ScriptName, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    const script = this.#scripts.get(name);
    if (script?.keyCount !== keys.length) throw new TypeError(`${name} takes ${script?.keyCount} keys`);
    try {
      return await this.#client.evalsha(script.sha1, keys.length, ...keys, ...args);
    } catch (error) {
      if (!isReply(error, "NOSCRIPT")) throw this.#asChatError(error);
    }
    return this.command((client) => client.eval(script.body, keys.length, ...keys, ...args));
  }

  /** Sends a single command. Rejects with a ChatError: UNAVAILABLE means that it may have been done. */
  async command<T>(send: (client: Redis) => Promise<T>): Promise<T> {
    try {
      return await send(this.#client);
    } catch (error) {
      throw this.#asChatError(error);
    }
  }

  /** Lets commands that were sent finish, then lets go of the connection. Idempotent. */
  async close(): Promise<void> {
    this.#stopWatching();
    this.#runId = undefined;
    if (this.#client.status === "ready") await this.#client.quit().catch(() => {});
    this.#client.disconnect();
  }

  #asChatError(error: unknown): ChatError {
    const code = refusalCode(error);
    if (code !== undefined) this.#onRefused(code);
    return asChatError(error);
  }

  async #identify(): Promise<void> {
    try {
      this.#runId = /^run_id:(\w+)/m.exec(await this.#client.info("server"))?.[1];
      for (const callback of this.#readyCallbacks) callback();
    } catch (error) {
      this.#logger.warn({ err: error }, "redis did not say which run it is in");
      this.#client.disconnect(true);
    }
  }
}
