import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Clock } from "../../kernel/clock.ts";
import { ChatError } from "../../protocol/errors.ts";
import type { Metrics } from "../../telemetry/metrics.ts";

export interface AffinityOptions {
  /** Name of the cookie by which a balancer brings a client back here. Without it there is none, and nothing is done. */
  readonly cookie?: string;
  /** Whether pages of other origins connect: their browsers keep a cookie only if it says so. */
  readonly crossSite: boolean;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

/** Names a browser towards this gateway. The balancer's own cookie names the gateway, which is the same for all its clients. */
const visitorCookie = "weir_visitor";
/** Who was sent away and did not come back within this time may come in like anyone, ms. */
const rememberMs = 60_000;
/** Remembered at a time. Beyond, the oldest is forgotten, and may come straight back. */
const rememberMax = 10_000;
/** A client that has to try a second time does so soon, ms. */
const retryAfterMs = 500;

/**
 * What keeps clients from coming straight back to a gateway that let go of them, where a balancer knows them by a cookie. Each gets a
 * cookie of ours with its handshake. One that was sent away is refused once, with an answer that makes it forget the balancer's cookie;
 * a balancer that tries another gateway after a 503 does the same without the client noticing.
 */
export class Affinity {
  readonly #options: AffinityOptions;
  readonly #visitors = new WeakMap<IncomingMessage, string>();
  /** Sent away, and until when it is remembered. The oldest come first. */
  readonly #sentAway = new Map<string, number>();

  constructor(options: AffinityOptions) {
    this.#options = options;
  }

  /** Adds the cookie that names the visitor to the answer of a handshake. */
  welcome(request: IncomingMessage, headers: Record<string, string | string[]>): void {
    if (this.#options.cookie === undefined) return;
    const visitor = cookieOf(request, visitorCookie) ?? randomUUID();
    this.#visitors.set(request, visitor);
    headers["Set-Cookie"] = this.#setCookie(visitorCookie, visitor);
  }

  /** Who began with this request; undefined where nothing would bring it back. */
  visitorOf(request: IncomingMessage): string | undefined {
    return this.#visitors.get(request);
  }

  /** The visitor is to go elsewhere. */
  sendAway(visitor: string | undefined): void {
    if (visitor === undefined) return;
    this.#sentAway.delete(visitor);
    this.#sentAway.set(visitor, this.#options.clock.monotonic() + rememberMs);
    this.#forgetOldest();
  }

  /** Who does not come back stays here when its time is over, until it makes room. Only who is forgotten before is counted. */
  #forgetOldest(): void {
    const [oldest] = this.#sentAway;
    if (this.#sentAway.size <= rememberMax || oldest === undefined) return;
    const [visitor, until] = oldest;
    const { clock, metrics } = this.#options;
    if (until > clock.monotonic()) metrics.count("weir_cap_reached_total", { cap: "sent_away" });
    this.#sentAway.delete(visitor);
  }

  /** @throws ChatError DRAINING for a visitor that was sent away, once */
  letIn(request: IncomingMessage): void {
    const visitor = this.#options.cookie === undefined ? undefined : cookieOf(request, visitorCookie);
    if (visitor === undefined) return;
    const until = this.#sentAway.get(visitor) ?? 0;
    this.#sentAway.delete(visitor);
    if (until < this.#options.clock.monotonic()) return;
    throw new ChatError("DRAINING", "another gateway has more room", { retryAfterMs });
  }

  /** What goes with a refusal: a client that is to go elsewhere forgets what would bring it back. */
  farewell(error: unknown): Record<string, string> {
    const { cookie } = this.#options;
    if (cookie === undefined || !(error instanceof ChatError) || error.code !== "DRAINING") return {};
    return { "set-cookie": `${this.#setCookie(cookie, "")}; Max-Age=0` };
  }

  #setCookie(name: string, value: string): string {
    const site = this.#options.crossSite ? "SameSite=None; Secure" : "SameSite=Lax";
    return `${name}=${value}; Path=/; HttpOnly; ${site}`;
  }
}

function cookieOf({ headers }: IncomingMessage, name: string): string | undefined {
  const pairs = (headers.cookie ?? "").split(";").map((pair) => pair.trim());
  const value = pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
  return value !== undefined && /^[\w-]{1,64}$/.test(value) ? value : undefined;
}
