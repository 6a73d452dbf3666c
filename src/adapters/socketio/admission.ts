import { type HandshakeFacts, harmless, judgeHandshake, refusalError } from "../../gateway/admission.ts";
import { type Lane, type Line, type LineRules, takeTurn } from "../../gateway/admission-line.ts";
import { noShedding, type Shedding } from "../../gateway/load-level.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { BucketRate } from "../../kernel/token-bucket.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import { type Handshake, hasTokenInQuery } from "./check-handshake.ts";
import { type AddressReader, createAddressReader, type ForwardedHeader, type RequestOrigin } from "./client-address.ts";
import { Seats } from "./seats.ts";

/** How many may come in, and from where. */
export interface AdmissionOptions {
  /** Handshakes of this process. */
  readonly admission: BucketRate;
  /** How long a handshake may wait for its turn, ms. */
  readonly admissionPatienceMs?: number;
  /** Open connections of one address; 0 is no limit. */
  readonly connectionsPerAddress?: number;
  /** Open connections of one user on this process; 0 is no limit. */
  readonly connectionsPerUser?: number;
  /** Proxies whose `forwardedHeader` is believed. */
  readonly trustedProxies?: readonly string[];
  readonly forwardedHeader?: ForwardedHeader;
  /** What the process gives up at present. */
  readonly load?: () => Shedding;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** A request at the door. */
export interface Knock extends Handshake {
  readonly originAllowed: boolean;
  /** Present where it opens a connection. */
  readonly opening: Opening | undefined;
}

interface Opening {
  /** As `Admission.addressOf` returns it. */
  readonly address: string;
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
  readonly #addressOf: AddressReader;
  #line: Line | undefined;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#rules = { rate: options.admission, patienceMs: options.admissionPatienceMs ?? defaultPatienceMs };
    this.#addresses = new Seats(options.connectionsPerAddress ?? 0);
    this.#users = new Seats(options.connectionsPerUser ?? 0);
    const { trustedProxies: trusted = [], forwardedHeader: header = "x-forwarded-for", metrics, logger } = options;
    this.#addressOf = createAddressReader({
      trusted,
      header,
      onUnreadable: countUnreadable({ header, metrics, logger }),
    });
  }

  /** The address that a request is counted for. */
  addressOf(origin: RequestOrigin): string {
    return this.#addressOf(origin);
  }

  /**
   * Everything that can be judged without a token. An address that is full does not get into the line; whether there is a seat for it when
   * its turn has come, `takeSeat` says.
   * @returns how long to wait for the turn, ms
   * @throws ChatError with a time to come back, where coming back helps
   */
  knock(knock: Knock): number {
    const { originAllowed, query, opening } = knock;
    const shown = { originAllowed, tokenInQuery: hasTokenInQuery(query) };
    return this.#judge({ ...harmless, ...shown, ...(opening === undefined ? {} : this.#opening(knock, opening)) });
  }

  /**
   * Takes one of the connections that an address may have, until the returned function is called: by the handshake, before anything else
   * is waited for, so that no two have the same one.
   * @throws ChatError when there is none left
   */
  takeSeat(address: string): () => void {
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

  #opening(knock: Knock, { address, draining }: Opening): Partial<HandshakeFacts> {
    const { load, clock } = this.#options;
    const turn = takeTurn(this.#rules, this.#line, { lane: laneOf(knock), now: clock.monotonic() });
    this.#line = turn.line;
    return {
      draining,
      shortOf: (load?.() ?? noShedding).newcomers,
      turn,
      addressFull: this.#addresses.isFull(address),
    };
  }

  #judge(facts: HandshakeFacts): number {
    const verdict = judgeHandshake(facts, this.#options.random());
    if (verdict.kind === "admitted") return verdict.waitMs;
    this.#options.metrics.count("weir_admission_refusals_total", { cause: verdict.cause });
    throw refusalError(verdict);
  }
}

type Unreadable = Pick<AdmissionOptions, "metrics" | "logger"> & { readonly header: ForwardedHeader };

const hopLength = 100;

/** Counts what trusted proxies wrote and is no address, and logs the first. */
function countUnreadable({ header, metrics, logger }: Unreadable): (hop: string) => void {
  let isLogged = false;
  return (hop) => {
    metrics.count("weir_client_addresses_unread_total", {});
    if (isLogged) return;
    isLogged = true;
    const fields = { header, hop: hop.slice(0, hopLength) };
    logger.warn(fields, "a client's address can't be read, its proxy's counts; further ones are only counted");
  };
}

/** Anyone can say that they resume, which costs nothing to check and gains nothing but the shorter line. */
function laneOf({ query }: Handshake): Lane {
  return query["resume"] === "1" ? "resuming" : "new";
}
