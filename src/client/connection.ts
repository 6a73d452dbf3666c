import { ChatError } from "../protocol/errors.ts";
import type { Answers } from "../protocol/messages.ts";
import type { RequestName, Requests } from "../protocol/schemas.ts";
import type { ClientClock } from "./client-clock.ts";
import { ConnectionLost } from "./connection-lost.ts";
import type { ConnectionState } from "./connection-state.ts";
import { type OnLate, OpenRequests } from "./open-requests.ts";
import { failuresAfterLoss, type ReconnectPolicy, reconnectDelay } from "./reconnect-policy.ts";
import { requestFault } from "./request-fault.ts";
import { chooseRoute, type Route } from "./route.ts";
import { TokenRenewal } from "./token-renewal.ts";
import type { TokenSource } from "./token-source.ts";
import type { Dial, Refusal, Wire } from "./wire.ts";
import { isPush, type Push, readError } from "./wire-guards.ts";

export interface ConnectionParts {
  readonly url: string;
  readonly routes: readonly Route[];
  readonly tokens: TokenSource;
  readonly dial: Dial;
  readonly clock: ClientClock;
  readonly random: () => number;
  readonly policy: ReconnectPolicy;
  /** How long one try to connect and one answer may take, ms. */
  readonly answerMs: number;
  readonly onState: (state: ConnectionState) => void;
  readonly onPush: (push: Push) => void;
}

/** Keeps one connection to the gateway: dials, notices its loss, waits as told, dials again. */
export class Connection {
  readonly #parts: ConnectionParts;
  readonly #requests: OpenRequests;
  readonly #renewal: TokenRenewal;
  #state: ConnectionState = { status: "connecting" };
  #wire: Wire | undefined;
  /** Which dial is the present one; what an older one still reports is not heard. */
  #dialed = 0;
  #failures = 0;
  #unreached = 0;
  #preferred = 0;
  #openedAt = 0;
  #wasIn = false;
  #cancelTimer: () => void = () => undefined;
  /** When the server asked us to come back, monotonic ms. */
  #askedAt: number | undefined;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#requests = new OpenRequests(parts.clock, parts.answerMs);
    this.#renewal = new TokenRenewal(parts.clock, parts.tokens, (token) => this.request("auth:refresh", { token }));
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Dials now: at the start, or instead of waiting for the next try. */
  open(): void {
    if (this.#wire !== undefined || this.#state.status === "closed") return;
    void this.#dial();
  }

  close(): void {
    this.#end("CLOSED");
  }

  /**
   * Rejects with UNAVAILABLE without a connection or when it is lost before the answer, with TIMEOUT when nothing comes in time, and at
   * once with TOO_LARGE instead of sending what would end the connection.
   */
  request<N extends RequestName>(name: N, payload: Requests[N], onLate?: OnLate<N>): Promise<Answers[N]> {
    if (this.#wire === undefined || this.#state.status !== "online") return Promise.reject(new ConnectionLost());
    const fault = requestFault(name, payload);
    return fault === undefined ? this.#requests.ask(this.#wire, name, payload, onLate) : Promise.reject(fault);
  }

  /** Sends what has no answer; does nothing without a connection. */
  tell<N extends RequestName>(name: N, payload: Requests[N]): void {
    if (this.#state.status === "online") this.#wire?.emit(name, payload);
  }

  async #dial(): Promise<void> {
    const dialed = this.#begin();
    try {
      const token = await this.#parts.tokens.current();
      if (dialed !== this.#dialed) return;
      const route = this.#route();
      this.#wire = this.#parts.dial(
        { url: this.#parts.url, route, token, resuming: this.#wasIn },
        this.#listener(dialed),
      );
    } catch (error) {
      if (dialed === this.#dialed) this.#tokenFailed(error);
    }
  }

  #begin(): number {
    this.#cancelTimer();
    this.#askedAt = undefined;
    this.#dialed += 1;
    const dialed = this.#dialed;
    this.#cancelTimer = this.#parts.clock.schedule(this.#parts.answerMs, () => {
      if (dialed === this.#dialed) this.#refused({ message: "no connection came about in time" });
    });
    this.#setState({ status: "connecting" });
    return dialed;
  }

  #listener(dialed: number): Parameters<Dial>[1] {
    const current = (act: () => void): void => (dialed === this.#dialed ? act() : undefined);
    return {
      opened: () => current(() => this.#opened()),
      refused: (refusal) => current(() => this.#refused(refusal)),
      closed: () => current(() => this.#lost("the connection was lost")),
      heard: () => current(() => this.#requests.heard()),
      pushed: (event, payload) => current(() => this.#pushed({ event, payload })),
    };
  }

  #route(): Route {
    const { routes } = this.#parts;
    const route = routes[chooseRoute(routes, this.#preferred, this.#unreached)];
    if (route === undefined) throw new ChatError("BAD_REQUEST", "there must be at least one route");
    return route;
  }

  #opened(): void {
    this.#cancelTimer();
    this.#preferred = chooseRoute(this.#parts.routes, this.#preferred, this.#unreached);
    this.#unreached = 0;
    this.#openedAt = this.#parts.clock.monotonic();
    this.#wasIn = true;
    this.#parts.tokens.accepted();
    this.#setState({ status: "online" });
  }

  #refused(refusal: Refusal): void {
    const error = readError(refusal.data);
    if (error === undefined) this.#unreached += 1;
    this.#letGo();
    this.#afterFailure(error, refusal.message);
  }

  #tokenFailed(error: unknown): void {
    const message = error instanceof Error ? error.message : "no token";
    if (error instanceof ChatError && isFinal(error)) this.#end(error.code);
    else this.#afterFailure(undefined, message);
  }

  #afterFailure(error: ChatError | undefined, message: string): void {
    const renewable = this.#isRenewable(error);
    if (error !== undefined && isFinal(error) && !renewable) return this.#end(error.code);
    this.#failures += 1;
    if (renewable && this.#failures === 1) void this.#dial();
    else this.#wait(error?.retryAfterMs, message);
  }

  /** Whether the refusal is about a token that can be replaced. */
  #isRenewable(error: ChatError | undefined): boolean {
    if (error?.code !== "AUTH_EXPIRED" && error?.code !== "UNAUTHENTICATED") return false;
    return this.#parts.tokens.refused(error.code === "AUTH_EXPIRED");
  }

  /** An open connection is gone. Comes back when the server asked us to, where it did. */
  #lost(cause: string): void {
    const { clock, policy } = this.#parts;
    this.#failures = failuresAfterLoss(policy, this.#failures, clock.monotonic() - this.#openedAt);
    const asked = this.#askedAt === undefined ? undefined : Math.max(0, this.#askedAt - clock.monotonic());
    this.#letGo(true);
    this.#wait(asked, cause);
  }

  #wait(askedMs: number | undefined, cause: string): void {
    const { clock, policy, random } = this.#parts;
    const delay = reconnectDelay(policy, { failures: this.#failures, askedMs, random: random() });
    this.#cancelTimer = clock.schedule(delay, () => this.open());
    this.#setState({ status: "offline", retryAt: clock.now() + delay, cause });
  }

  #pushed(push: { readonly event: string; readonly payload: unknown }): void {
    this.#requests.heard();
    if (!isPush(push)) return;
    if (push.event === "server:reconnect") this.#moveAfter(push.payload.afterMs);
    else if (push.event === "auth:expiring") this.#renewal.noticed();
    else this.#parts.onPush(push);
  }

  /** The gateway is leaving: stays as long as it may, then goes to another one. */
  #moveAfter(afterMs: number): void {
    const { clock } = this.#parts;
    this.#askedAt = clock.monotonic() + afterMs;
    this.#cancelTimer();
    this.#cancelTimer = clock.schedule(afterMs, () => {
      this.#letGo();
      this.open();
    });
  }

  #end(reason: ChatError["code"] | "CLOSED"): void {
    if (this.#state.status === "closed") return;
    this.#letGo();
    this.#setState({ status: "closed", reason });
  }

  /** @param abrupt the other side or the network ended the connection */
  #letGo(abrupt = false): void {
    this.#cancelTimer();
    this.#renewal.stop();
    this.#dialed += 1;
    this.#wire?.close();
    this.#wire = undefined;
    this.#requests.end(new ConnectionLost(abrupt));
  }

  #setState(state: ConnectionState): void {
    this.#state = state;
    this.#parts.onState(state);
  }
}

/** Errors that trying again with the same right to be here can't cure. */
function isFinal(error: ChatError): boolean {
  return error.code === "UNAUTHENTICATED" || error.code === "FORBIDDEN" || error.code === "AUTH_EXPIRED";
}
