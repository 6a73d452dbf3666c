import type { IncomingHttpHeaders } from "node:http";
import type { Clock } from "../../kernel/clock.ts";
import { ChatError, toWireError } from "../../protocol/errors.ts";
import type { Logger } from "../../telemetry/logger.ts";

export interface RefusalLogOptions {
  readonly isAllowedOrigin: (headers: IncomingHttpHeaders) => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Between two lines about reasons that were logged before, ms. */
const summaryMs = 60_000;
const originLength = 200;

/**
 * Logs refused handshakes at a bounded rate: the first of each reason at once, then at most one line a minute with the counts of all reasons.
 * A reason that was absent for a minute is new again. Reasons are the texts of our own errors, which are few.
 */
export class RefusalLog {
  readonly #options: RefusalLogOptions;
  /** Refusals since the last line, by reason. */
  readonly #counts = new Map<string, number>();

  constructor(options: RefusalLogOptions) {
    this.#options = options;
  }

  note(error: unknown, headers: IncomingHttpHeaders): void {
    const { code, message } = toWireError(error);
    const reason = `${code}: ${message}`;
    const count = this.#counts.get(reason);
    this.#counts.set(reason, (count ?? -1) + 1);
    if (count !== undefined) return;
    this.#options.logger.info({ refused: { [reason]: 1 }, ...this.#details(error, headers) }, "handshakes refused");
    if (this.#counts.size === 1) this.#options.clock.schedule(summaryMs, () => this.#summarize());
  }

  #summarize(): void {
    const refused = Object.fromEntries([...this.#counts].filter(([, count]) => count > 0));
    this.#counts.clear();
    for (const reason of Object.keys(refused)) this.#counts.set(reason, 0);
    if (this.#counts.size === 0) return;
    this.#options.logger.info({ refused, overMs: summaryMs }, "handshakes refused");
    this.#options.clock.schedule(summaryMs, () => this.#summarize());
  }

  #details(error: unknown, headers: IncomingHttpHeaders): object {
    if (!(error instanceof ChatError)) return { err: error };
    if (error.code === "UNAVAILABLE") return { err: error.cause };
    const { origin } = headers;
    if (error.code !== "FORBIDDEN" || origin === undefined || this.#options.isAllowedOrigin(headers)) return {};
    return {
      origin: origin.slice(0, originLength),
      hint: "to let pages of this origin in, add it to WEIR_ALLOWED_ORIGINS",
    };
  }
}
