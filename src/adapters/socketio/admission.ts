import { type HandshakeFacts, harmless, judgeHandshake, refusalError } from "../../gateway/admission.ts";
import { type Lane, type Line, type LineRules, takeTurn } from "../../gateway/admission-line.ts";
import { noShedding, type Shedding } from "../../gateway/load-level.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { BucketRate } from "../../kernel/token-bucket.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import { type Handshake, hasTokenInQuery, isAllowedOrigin } from "./check-handshake.ts";
import { createAddressReader, type RequestOrigin } from "./client-address.ts";
import { Seats } from "./seats.ts";

/** How many may come in, and from where. */
export interface AdmissionOptions {
  /** Handshakes of this process. */
  readonly admission: BucketRate;
  /** How long a handshake may wait for its turn, ms. */
  readonly admissionPatienceMs?: number;
  /** Exact origins besides the server's own. */
  readonly allowedOrigins: readonly string[];
  /** Open connections of one address; 0 is no limit. */
  readonly connectionsPerAddress?: number;
  /** Open connections of one user on this process; 0 is no limit. */
  readonly connectionsPerUser?: number;
  /** Proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies?: readonly string[];
  /** What the process gives up at present. */
  readonly load?: () => Shedding;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly metrics: Metrics;
}

/** A request at the door, and whether it opens a connection. */
export interface Knock extends Handshake, RequestOrigin {
  readonly opens: boolean;
  readonly draining: boolean;
}

/** Half of what clients give a connection to come about. At 400/s it makes at most 2,000 sockets that wait, without memory of their own. */
const defaultPatienceMs = 5_000;

/** Gathers what the checks of admission look at, and does what they say. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #rules: LineRules;
  readonly #addresses: Seats;
  readonly #users: Seats;
  readonly #addressOf: (origin: RequestOrigin) => string;
  #line: Line | undefined;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#rules = { rate: options.admission, patienceMs: options.admissionPatienceMs ?? defaultPatienceMs };
    this.#addresses = new Seats(options.connectionsPerAddress ?? 0);
    this.#users = new Seats(options.connectionsPerUser ?? 0);
    this.#addressOf = createAddressReader(options.trustedProxies ?? []);
  }

  /**
   * Everything that can be judged without a token. An address that is full does not get into the line; whether there is a seat for it when
   * its turn has come, `takeSeat` says.
   * @returns how long to wait for the turn, ms
   * @throws ChatError with a time to come back, where coming back helps
   */
  knock(knock: Knock): number {
    const { headers, query } = knock;
    const shown = {
      originAllowed: isAllowedOrigin(headers, this.#options.allowedOrigins),
      tokenInQuery: hasTokenInQuery(query),
    };
    return this.#judge({ ...harmless, ...shown, ...(knock.opens ? this.#opening(knock) : {}) });
  }

  /**
   * Takes one of the connections that an address may have, until the returned function is called: by the handshake, before anything else
   * is waited for, so that no two have the same one.
   * @throws ChatError when there is none left
   */
  takeSeat(origin: RequestOrigin): () => void {
    const address = this.#addressOf(origin);
    this.#judge({ ...harmless, addressFull: this.#addresses.isFull(address) });
    return this.#addresses.take(address);
  }

  /** @throws ChatError when the user has as many connections as may be */
  checkUser(user: string): void {
    this.#judge({ ...harmless, userFull: this.#users.isFull(user) });
  }

  /** A connection of this user is in, until the returned function is called. @throws as `checkUser` does */
  enter(user: string): () => void {
    this.checkUser(user);
    return this.#users.take(user);
  }

  #opening(knock: Knock): Partial<HandshakeFacts> {
    const { load, clock } = this.#options;
    const turn = takeTurn(this.#rules, this.#line, { lane: laneOf(knock), now: clock.monotonic() });
    this.#line = turn.line;
    return {
      draining: knock.draining,
      shortOf: (load?.() ?? noShedding).newcomers,
      turn,
      addressFull: this.#addresses.isFull(this.#addressOf(knock)),
    };
  }

  #judge(facts: HandshakeFacts): number {
    const verdict = judgeHandshake(facts, this.#options.random());
    if (verdict.kind === "admitted") return verdict.waitMs;
    this.#options.metrics.count("weir_admission_refusals_total", { cause: verdict.cause });
    throw refusalError(verdict);
  }
}

/** Anyone can say that they resume, which costs nothing to check and gains nothing but the shorter line. */
function laneOf({ query }: Handshake): Lane {
  return query["resume"] === "1" ? "resuming" : "new";
}
