import { type Ability, abilitiesIn } from "../chat/grant.ts";
import { canaryRoom } from "../chat/room.ts";
import { withDeadline } from "../kernel/deadline.ts";
import { ChatError, toWireError } from "../protocol/errors.ts";
import { limits as wireLimits } from "../protocol/limits.ts";
import type { Answer, Answers } from "../protocol/messages.ts";
import type { RequestName, Requests } from "../protocol/schemas.ts";
import { clockSkewMs } from "../protocol/token-claims.ts";
import { isRequestName, parseRequest } from "../protocol/validate.ts";
import { ChatRequest } from "./chat-request.ts";
import { ConfirmedPlaces } from "./confirmed-places.ts";
import type { LiveRoom } from "./feeds.ts";
import type { GatewayParts } from "./gateway-parts.ts";
import { handlers } from "./handlers/table.ts";
import type { Connection, Principal, Session } from "./ports.ts";
import { type Refusal, RequestGate } from "./request-gate.ts";
import { RequestOrder } from "./request-order.ts";
import type { SessionScope } from "./request-scope.ts";
import { TokenTimer } from "./token-timer.ts";
import { typingKey } from "./typing-gate.ts";

/** A client that was closed for its insistence stays away at least this long, and up to twice as long, ms. */
const stayAwayMs = 10_000;
const none: ReadonlySet<Ability> = new Set();

export interface ChatSessionOptions {
  readonly parts: GatewayParts;
  readonly connection: Connection;
  readonly principal: Principal;
  readonly onClose: () => void;
}

/** One connection's conversation: who it speaks for, the rooms it is in, and one answer for each request. */
export class ChatSession implements Session, SessionScope {
  readonly parts: GatewayParts;
  readonly connection: Connection;
  #principal: Principal;
  readonly #rooms = new Set<string>();
  /** Rooms of joins that are under way. */
  readonly #entering = new Set<string>();
  readonly #confirmed = new ConfirmedPlaces();
  readonly #order: RequestOrder;
  readonly #timer: TokenTimer;
  readonly #gate: RequestGate;
  readonly #onClose: () => void;
  #inFlight = 0;
  #closed = false;

  constructor({ parts, connection, principal, onClose }: ChatSessionOptions) {
    this.parts = parts;
    this.connection = connection;
    this.#principal = principal;
    this.#onClose = onClose;
    this.#gate = new RequestGate(parts);
    this.#order = new RequestOrder({ waitingMax: parts.limits.requestsWaiting, refuse: () => this.#refuseWaiting() });
    this.#timer = new TokenTimer({
      clock: parts.clock,
      noticeMs: parts.limits.expiryNoticeMs,
      onNotice: (at) => connection.send("auth:expiring", { at }),
      onExpiry: () => connection.close(),
    });
    this.#timer.arm(principal.expiresAt);
  }

  async handle(event: string, payload: unknown): Promise<Answer | undefined> {
    const start = this.parts.clock.monotonic();
    const name = isRequestName(event) ? event : undefined;
    const answer = await this.#answer(name, payload);
    this.#measure(name ?? "unknown", answer, start);
    return name === "receipt" ? undefined : answer;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer.cancel();
    for (const room of this.#rooms) this.#release(room);
    this.#rooms.clear();
    this.#onClose();
  }

  principal(): Principal {
    return this.#principal;
  }

  abilities(room: string): ReadonlySet<Ability> {
    const { grants, canary = false } = this.#principal;
    return (room === canaryRoom) === canary ? abilitiesIn(grants, room) : none;
  }

  requireToken(): void {
    const validUntil = this.#principal.expiresAt + clockSkewMs;
    if (this.parts.clock.now() >= validUntil) throw new ChatError("AUTH_EXPIRED", "the token is over");
  }

  joined(room: string): LiveRoom {
    const live = this.#rooms.has(room) ? this.parts.feeds.find(room) : undefined;
    if (live === undefined) throw new ChatError("NOT_IN_ROOM", "join the room first");
    return live;
  }

  get rooms(): ReadonlySet<string> {
    return this.#rooms;
  }

  isMember(room: string): boolean {
    return this.#rooms.has(room);
  }

  reserve(room: string): () => void {
    if (this.#rooms.has(room)) return () => undefined;
    const { roomsPerConnection } = this.parts.limits;
    if (this.#rooms.size + this.#entering.size >= roomsPerConnection) {
      throw new ChatError("ROOM_FULL", `at most ${roomsPerConnection} rooms: leave one first`, { retryable: false });
    }
    this.#entering.add(room);
    return () => void this.#entering.delete(room);
  }

  enter(room: string): void {
    if (this.#closed) throw new ChatError("UNAVAILABLE", "the connection is gone");
    this.#confirmed.forget(room);
    this.#entering.delete(room);
    if (this.#rooms.has(room)) return;
    this.#rooms.add(room);
    this.connection.join(room);
  }

  exit(room: string): void {
    if (!this.#rooms.delete(room)) return;
    this.#confirmed.forget(room);
    this.connection.leave(room);
    this.#release(room);
  }

  inOrder<T>(room: string, signal: AbortSignal, run: () => Promise<T>): Promise<T> {
    return this.#order.run(room, signal, run);
  }

  confirm(room: string, seq: number): void {
    this.#confirmed.confirm(room, seq);
  }

  unconfirmedFor(entries: number): number {
    const headOf = (room: string): number => this.parts.feeds.find(room)?.feed.position.seq ?? 0;
    return this.#confirmed.behindFor(entries, headOf, this.parts.clock.monotonic());
  }

  replacePrincipal(principal: Principal): void {
    this.#principal = principal;
    if (!this.#closed) this.#timer.arm(principal.expiresAt);
    const lost = [...this.#rooms].filter((room) => !this.abilities(room).has("read"));
    for (const room of lost) {
      this.exit(room);
      this.connection.send("room:removed", { room, reason: "grant" });
    }
  }

  #release(room: string): void {
    this.parts.typing.end(typingKey(this.#principal.id, room), this.connection.id);
    this.parts.feeds.find(room)?.stored.forget(this.connection);
    this.parts.feeds.release(room);
  }

  async #answer(name: RequestName | undefined, payload: unknown): Promise<Answer> {
    this.#inFlight += 1;
    try {
      const refusal = this.#admit(name);
      if (refusal !== undefined) throw await refusal;
      if (name === undefined) throw new ChatError("BAD_REQUEST", "there is no such event");
      return { ok: true, ...(await this.#run(name, payload)) };
    } catch (error) {
      if (!(error instanceof ChatError)) this.parts.logger.error({ err: error, event: name }, "request failed");
      return { ok: false, error: toWireError(error) };
    } finally {
      this.#inFlight -= 1;
    }
  }

  /** Twice the request's time for what is appended: it has that much to reach the log, and that much again to be stored. */
  #run<N extends RequestName>(name: N, payload: unknown): Promise<Answers[N]> {
    const { clock, limits } = this.parts;
    const request = parseRequest(name, payload, wireLimits.textBytesMax);
    if ("text" in request) this.parts.rooms.checkText(request.room, request.text);
    const ms = name.startsWith("message:") ? 2 * limits.requestMs : limits.requestMs;
    const error = (): Error => new ChatError("TIMEOUT", "no answer in time");
    // A request about many rooms puts each of them in order by itself.
    if ("rooms" in request) return withDeadline({ clock, ms, error }, () => this.#call(name, request, () => {}));
    const room = "room" in request ? request.room : undefined;
    return withDeadline({ clock, ms, error }, (signal) =>
      this.#order.run(room, signal, (release) => this.#call(name, request, release)),
    );
  }

  /** What a handler found while a right was held is not told without the right. */
  async #call<N extends RequestName>(name: N, request: Requests[N], release: () => void): Promise<Answers[N]> {
    const scope = new ChatRequest(this);
    const answer = await handlers[name](scope, request, release);
    scope.recheck();
    return answer;
  }

  /** Reached only where requests that were answered with TIMEOUT still wait for an earlier one. */
  #refuseWaiting(): never {
    this.parts.metrics.count("weir_cap_reached_total", { cap: "requests_waiting" });
    throw new ChatError("RATE_LIMITED", "too many requests wait for an earlier one", {
      retryAfterMs: this.parts.limits.requestMs,
    });
  }

  /** Checked before the payload is looked at, so that rubbish costs its sender as much as sense. */
  #admit(name: RequestName | undefined): Promise<ChatError> | undefined {
    this.requireToken();
    const refusal = this.#gate.check(name, { user: this.#principal.id, inFlight: this.#inFlight });
    return refusal === undefined ? undefined : this.#refuse(refusal);
  }

  /** What came with the request that is refused could not know of it: the client is told once all of that has been looked at. */
  async #refuse(refusal: Refusal): Promise<ChatError> {
    const { clock, limits } = this.parts;
    await (refusal.manner === "slow" ? clock.sleep(limits.slowMs) : undefined);
    this.#gate.told(refusal);
    if (refusal.manner === "close") this.#sendAway();
    return new ChatError("RATE_LIMITED", "too many requests", { retryAfterMs: refusal.waitMs });
  }

  #sendAway(): void {
    if (this.#closed) return;
    const afterMs = Math.round(stayAwayMs * (1 + this.parts.random()));
    this.connection.send("server:reconnect", { afterMs, reason: "rate" });
    this.connection.close();
  }

  #measure(event: string, answer: Answer, start: number): void {
    const { metrics, clock } = this.parts;
    metrics.count("weir_requests_total", { event, result: answer.ok ? "ok" : answer.error.code });
    metrics.observe("weir_request_seconds", { event }, (clock.monotonic() - start) / 1_000);
  }
}
