import type { Clock } from "../../kernel/clock.ts";
import { type Bucket, type BucketRate, takeTokens } from "../../kernel/token-bucket.ts";
import { limits } from "../../protocol/limits.ts";

/** What one connection may send; 0 is no limit. */
export interface InboundRates {
  /** Engine.IO packets, pings and pongs of WebSocket, and requests of polling, per second. */
  readonly packetsPerSecond: number;
  /** Bytes of packets per second. */
  readonly bytesPerSecond: number;
}

/** A client that comes back to 200 rooms, one request each, stays below with the default rate. */
const packetBurstSeconds = 5;
const byteBurstSeconds = 4;
/** Requests to connect to a namespace and to change the transport, of one connection. A client makes one or two of each. */
const maxSteps = 10;

/** A level of tokens that is taken from and refills. */
class Allowance {
  readonly #rate: BucketRate;
  #bucket: Bucket | undefined;

  constructor(rate: BucketRate) {
    this.#rate = rate;
  }

  take(count: number, now: number): boolean {
    if (this.#rate.ratePerSecond === 0) return true;
    const { taken, bucket } = takeTokens(this.#rate, this.#bucket, { count, now });
    this.#bucket = bucket;
    return taken;
  }
}

/** Counts what one connection sends, over all its transports. Once it has sent too much nothing more is taken. */
export class InboundMeter {
  readonly #packets: Allowance;
  readonly #bytes: Allowance;
  readonly #clock: Clock;
  #steps = 0;
  #isOver = false;

  constructor({ packetsPerSecond, bytesPerSecond }: InboundRates, clock: Clock) {
    this.#packets = new Allowance({ ratePerSecond: packetsPerSecond, burst: packetBurstSeconds * packetsPerSecond });
    const byteBurst = Math.max(2 * limits.frameBytes, byteBurstSeconds * bytesPerSecond);
    this.#bytes = new Allowance({ ratePerSecond: bytesPerSecond, burst: byteBurst });
    this.#clock = clock;
  }

  /** Counts packets and their bytes together. Returns whether they may be handled. */
  take(packets: number, bytes: number): boolean {
    if (this.#isOver) return false;
    const now = this.#clock.monotonic();
    this.#isOver = !this.#packets.take(packets, now) || !this.#bytes.take(bytes, now);
    return !this.#isOver;
  }

  /** Counts a request to connect to a namespace or to change the transport. Returns whether it may be handled. */
  takeStep(): boolean {
    this.#steps += 1;
    this.#isOver ||= this.#steps > maxSteps;
    return !this.#isOver;
  }
}
