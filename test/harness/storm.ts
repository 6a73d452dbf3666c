import { connect } from "../../src/client/connect.ts";
import type { Dial } from "../../src/client/wire.ts";
import { dialFrugally } from "./frugal-wire.ts";
import { runRandom } from "./seeded-random.ts";
import { until } from "./until.ts";

const random = runRandom();

export interface StormOptions {
  readonly url: string;
  readonly clients: number;
  readonly token: string;
  /** How long everyone may take to be in, ms. */
  readonly withinMs: number;
}

/** What a storm was like for those in it. */
export interface Storm extends Disposable {
  /** How often the clients dialed, in all. */
  readonly attempts: number;
}

/** Everyone loses the connection at the same time, and comes back as our client does. Resolves when all are in. */
export async function ourStorm({ url, clients, token, withinMs }: StormOptions): Promise<Storm> {
  let attempts = 0;
  const dial: Dial = (target, listener) => {
    attempts += 1;
    const path = `${target.route.path}/${target.resuming ? "?resume=1" : ""}`;
    return dialFrugally({ port: portOf(url), path, namespace: "/chat", token: target.token }, listener);
  };
  const routes = [{ path: "/rt", transports: ["websocket"] }] as const;
  const all = Array.from({ length: clients }, () =>
    connect({ url, token, routes, dial: afterALoss(dial), reconnect: { stableMs: 0 } }),
  );
  const end = (): void => {
    for (const client of all) client.close();
  };
  try {
    await until(() => all.every(({ state }) => state.status === "online"), { within: withinMs, every: 20 });
  } catch (cause) {
    end();
    throw cause;
  }
  return { attempts, [Symbol.dispose]: end };
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

/**
 * The first connection opens and is gone at once, without a network: what follows is how a client comes back. With `stableMs` 0 it counts as one
 * that had lived for long.
 */
function afterALoss(dial: Dial): Dial {
  let wasIn = false;
  return (target, listener) => {
    if (wasIn) return dial(target, listener);
    wasIn = true;
    queueMicrotask(() => {
      listener.opened();
      listener.closed();
    });
    return { emit: () => undefined, close: () => undefined };
  };
}

/**
 * A server that disconnects stock clients ends their reconnection, so its documentation has them connect again at once. What fails is tried
 * again after a second, give or take a half, and then twice as long each time up to five.
 */
function stockDelay(failures: number): number {
  return failures === 0 ? 0 : Math.min(5_000, 500 * 2 ** failures * (0.5 + random()));
}

/** The same loss, for clients that come back as stock clients do. */
export async function stockStorm({ url, clients, token, withinMs }: StormOptions): Promise<Storm> {
  let attempts = 0;
  let inside = 0;
  let isOver = false;
  const ends: (() => void)[] = [];
  const comeBack = (failures: number): void => {
    setTimeout(() => {
      if (isOver) return;
      attempts += 1;
      const wire = dialFrugally(
        { port: portOf(url), path: "/socket.io/", namespace: "", token },
        { opened: () => void (inside += 1), refused: () => comeBack(failures + 1), closed: () => comeBack(0) },
      );
      ends.push(() => wire.close());
    }, stockDelay(failures));
  };
  for (let i = 0; i < clients; i++) comeBack(0);
  const end = (): void => {
    isOver = true;
    for (const close of ends) close();
  };
  try {
    await until(() => inside >= clients, { within: withinMs, every: 20 });
  } catch (cause) {
    end();
    throw cause;
  }
  return { attempts, [Symbol.dispose]: end };
}
