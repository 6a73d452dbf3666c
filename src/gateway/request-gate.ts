import type { RequestName } from "../protocol/schemas.ts";
import type { GatewayParts } from "./gateway-parts.ts";
import { type Insistence, judgeRefusal, type Manner, neverTold, told } from "./insistence.ts";

/** A wait that is long enough for one of many running requests to end, ms. */
const inFlightRetryMs = 250;

type Limit = "user" | "join" | "leave" | "history" | "receipt" | "in_flight";

/** Requests that have a rate of their own; the others share the user's. */
const rateOf: { readonly [N in RequestName]?: Exclude<Limit, "in_flight"> } = {
  "room:join": "join",
  "rooms:join": "join",
  "room:leave": "leave",
  "history:get": "history",
  receipt: "receipt",
};

/** What a request is refused with, and how. */
export interface Refusal {
  readonly waitMs: number;
  readonly manner: Manner;
}

/** Who asks, and how much of it is under way already. */
export interface Asking {
  readonly user: string;
  readonly inFlight: number;
}

/** Stands before the requests of one connection: counts them, and remembers whether the client keeps to what it is told. */
export class RequestGate {
  readonly #parts: GatewayParts;
  #insistence: Insistence = neverTold;

  constructor(parts: GatewayParts) {
    this.#parts = parts;
  }

  /** The refusal of a request, or nothing where it may pass. A name that we do not know costs as much as one that we do. */
  check(name: RequestName | undefined, { user, inFlight }: Asking): Refusal | undefined {
    const { rates, metrics, limits: bounds } = this.#parts;
    const limit = inFlight > bounds.inFlight ? "in_flight" : limitOf(name);
    const waitMs = limit === "in_flight" ? inFlightRetryMs : rates[limit].take(user);
    if (waitMs === 0) return undefined;
    metrics.count("weir_rate_limited_total", { limit });
    // A receipt has no answer, so its sender is told nothing that it could keep to.
    if (limit === "receipt") return { waitMs, manner: "plain" };
    const manner = this.#judge();
    // What is held back counts as under way, so there has to be an end to it.
    return { waitMs, manner: manner === "slow" && limit === "in_flight" ? "plain" : manner };
  }

  /** The client has the answer to a refusal. */
  told({ waitMs }: Refusal): void {
    this.#insistence = told(this.#insistence, this.#parts.clock.monotonic() + waitMs);
  }

  #judge(): Manner {
    const { clock, metrics, limits: bounds } = this.#parts;
    const { manner, insistence } = judgeRefusal(bounds.insistence, this.#insistence, clock.monotonic());
    this.#insistence = insistence;
    if (manner !== "plain") metrics.count("weir_insistent_clients_total", { step: manner });
    return manner;
  }
}

function limitOf(name: RequestName | undefined): Exclude<Limit, "in_flight"> {
  return (name === undefined ? undefined : rateOf[name]) ?? "user";
}
