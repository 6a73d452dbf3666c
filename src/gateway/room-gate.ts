import type { NewEntry } from "../chat/entry.ts";
import { canaryRoom } from "../chat/room.ts";
import type { Clock } from "../kernel/clock.ts";
import type { PolicyView } from "../policies/index.ts";
import { ChatError } from "../protocol/errors.ts";
import type { RoomPolicy } from "../protocol/messages.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { LiveRoom } from "./feeds.ts";
import type { GatewayLimits } from "./gateway-limits.ts";
import type { RequestScope } from "./request-scope.ts";
import type { RoomRates } from "./room-rates.ts";
import type { RoomRoster } from "./room-roster.ts";
import { type RoomRules, rulesIn, shownPolicy } from "./room-rules.ts";
import type { SlowMode } from "./slow-mode.ts";

/** Room policies, and what gateways keep together to apply them. */
export interface RoomPolicing {
  readonly policies: PolicyView;
  readonly roster: RoomRoster;
  readonly slowMode: SlowMode;
}

export interface RoomGateOptions {
  /** Without it the deployment's limits hold in every room. */
  readonly policing: RoomPolicing | undefined;
  readonly rates: RoomRates;
  readonly limits: GatewayLimits;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

type Cause = "rate" | "user_rate" | "slow_mode" | "size" | "members" | "create" | "typing";

/** A place in a full room may become free at any time; it is asked for again after this long, ms. */
const fullRetryMs = 5_000;

/** Who may come into a room and what may be done there. It asks for the rules anew each time, so a changed policy holds at once. */
export class RoomGate {
  readonly #options: RoomGateOptions;

  constructor(options: RoomGateOptions) {
    this.#options = options;
  }

  /** No policy holds in the canary's room: it is not there to find out what policies forbid. */
  rulesOf(room: string): RoomRules {
    const { policing, limits } = this.#options;
    return rulesIn(room === canaryRoom ? {} : (policing?.policies.of(room) ?? {}), limits);
  }

  shown(room: string): RoomPolicy {
    return shownPolicy(this.rulesOf(room), this.#options.limits);
  }

  /** What is older is over, Unix ms; 0 where messages are kept. */
  since(room: string): number {
    const { clock, limits } = this.#options;
    const { retentionSeconds } = this.rulesOf(room).set;
    const retentionMs = retentionSeconds === undefined ? limits.retentionMs : retentionSeconds * 1_000;
    return retentionMs === 0 ? 0 : clock.now() - retentionMs;
  }

  /** @throws ChatError TOO_LARGE */
  checkText(room: string, text: string): void {
    const { textBytes, set } = this.rulesOf(room);
    if (Buffer.byteLength(text) <= textBytes) return;
    if (set.textMaxBytes !== undefined) this.#count("size");
    throw new ChatError("TOO_LARGE", `text is over ${textBytes} bytes`);
  }

  /**
   * Lets a user in. Resolves in the same turn where the room has no limit of members.
   * @throws ChatError FORBIDDEN where the room does not exist and the user may not create it; ROOM_FULL
   */
  async letIn(scope: RequestScope, room: string, live: LiveRoom): Promise<void> {
    const rules = this.rulesOf(room);
    this.#checkCreation(scope, { room, live, rules });
    const { policing } = this.#options;
    if (policing === undefined || rules.maxMembers === undefined) return;
    if (await policing.roster.enter(room, scope.principal().id, rules.maxMembers)) return;
    this.#count("members");
    throw new ChatError("ROOM_FULL", `at most ${rules.maxMembers} members`, { retryAfterMs: fullRetryMs });
  }

  /** The user has left by its own wish, so that the place is free at once. */
  left(room: string, user: string): void {
    const { policing, logger } = this.#options;
    if (policing === undefined || this.rulesOf(room).maxMembers === undefined) return;
    policing.roster.leave(room, user).catch((error: unknown) => logger.debug({ err: error }, "place was not given up"));
  }

  /**
   * Lets an entry pass. Returns a promise only where slow mode has to be asked, so that elsewhere nothing comes between entries.
   * @throws ChatError FORBIDDEN, RATE_LIMITED; the promise rejects also with SLOW_MODE
   */
  admit(scope: RequestScope, live: LiveRoom, entry: NewEntry): Promise<void> | undefined {
    const rules = this.rulesOf(entry.room);
    this.#checkCreation(scope, { room: entry.room, live, rules });
    const isSlow = entry.kind === "message" && rules.slowModeMs > 0 && !isModerator(scope, entry.room);
    if (isSlow) return this.#admitInTurn(entry, rules);
    this.#takeRates(entry, rules);
    return undefined;
  }

  /** Whether typing is shown in a room. */
  showsTyping(room: string): boolean {
    const { typing } = this.rulesOf(room);
    if (!typing) this.#count("typing");
    return typing;
  }

  async #admitInTurn(entry: NewEntry, rules: RoomRules): Promise<void> {
    const { room, id, from } = entry;
    const turn = { room, id, user: from.id, everyMs: rules.slowModeMs };
    const waitMs = (await this.#options.policing?.slowMode.take(turn)) ?? 0;
    if (waitMs > 0) {
      this.#count("slow_mode");
      const seconds = Math.round(rules.slowModeMs / 1_000);
      throw new ChatError("SLOW_MODE", `one message each ${seconds} s`, { retryAfterMs: waitMs });
    }
    this.#takeRates(entry, rules);
  }

  #takeRates({ room, from }: NewEntry, { rate, userRate, set }: RoomRules): void {
    const { rates } = this.#options;
    const own = userRate === undefined ? 0 : rates.take("room_user", userRate, JSON.stringify([room, from.id]));
    if (own > 0) this.#refuseRate("room_user", "user_rate", own);
    const waitMs = rates.take("room", rate, room);
    if (waitMs > 0) this.#refuseRate("room", set.rate === undefined ? undefined : "rate", waitMs);
  }

  #refuseRate(limit: string, cause: Cause | undefined, retryAfterMs: number): never {
    this.#options.metrics.count("weir_rate_limited_total", { limit });
    if (cause !== undefined) this.#count(cause);
    const whose = limit === "room" ? "the room takes no more for now" : "too many messages in this room";
    throw new ChatError("RATE_LIMITED", whose, { retryAfterMs });
  }

  /** A room exists from its first entry on. */
  #checkCreation(scope: RequestScope, { room, live, rules }: Visit): void {
    if (rules.create === "anyone" || live.feed.position.seq > 0) return;
    if (rules.create === "moderators" && isModerator(scope, room)) return;
    this.#count("create");
    throw new ChatError("FORBIDDEN", "there is no such room, and you may not create it");
  }

  #count(cause: Cause): void {
    this.#options.metrics.count("weir_policy_refusals_total", { cause });
  }
}

interface Visit {
  readonly room: string;
  readonly live: LiveRoom;
  readonly rules: RoomRules;
}

function isModerator(scope: RequestScope, room: string): boolean {
  return scope.uses({
    isHeld: () => scope.principal().admin || scope.abilities(room).has("moderate"),
    refusal: "no moderator of this room any more",
  });
}
