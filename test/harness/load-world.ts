import { createHmac, randomInt } from "node:crypto";
import type { Scene } from "../../loadtests/journeys/chat.ts";
import { guarded } from "../../loadtests/lib/guarded-socket.ts";
import type { LoadMetricName } from "../../loadtests/lib/load-metrics.ts";
import { signToken, type TokenCrypto } from "../../loadtests/lib/token.ts";
import type { World } from "../../loadtests/lib/world.ts";
import { testSecret } from "./deployment.ts";
import { runRandom } from "./seeded-random.ts";

/** What the load tests have of k6, here of Node and its own WebSocket. */
export const nodeWorld: World = {
  now: () => performance.timeOrigin + performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  random: runRandom(),
  dial: (url) => guarded(new WebSocket(url)),
};

export const nodeCrypto: TokenCrypto = {
  base64url: (text) => Buffer.from(text).toString("base64url"),
  hmacSha256: (secret, text) => createHmac("sha256", secret).update(text).digest("base64url"),
};

/** What a run measured: sums of counters, the last value of gauges, all values of trends. */
export class Measured {
  readonly #values = new Map<LoadMetricName, number[]>();

  readonly meter = (name: LoadMetricName, value: number): void => {
    const values = this.#values.get(name) ?? [];
    this.#values.set(name, values);
    values.push(value);
  };

  of(name: LoadMetricName): readonly number[] {
    return this.#values.get(name) ?? [];
  }

  sum(name: LoadMetricName): number {
    return this.of(name).reduce((sum, value) => sum + value, 0);
  }
}

/** A scene on gateways of the test, for one party of a run. */
export function nodeScene(urls: readonly string[], measured: Measured, party = "party"): Scene {
  const run = `run${randomInt(1_000_000)}`;
  const token = (user: string): string => signToken(nodeCrypto, testSecret, user, Date.now());
  return { world: nodeWorld, meter: measured.meter, urls, path: "/rt", run, party: `${run}-${party}`, token };
}
