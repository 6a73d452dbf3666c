import { ChatConnection } from "../lib/connection.ts";
import { holds, pause } from "../lib/world.ts";
import type { Scene } from "./chat.ts";

export interface Visit {
  /** How long the visitor stays once it is in. */
  readonly seconds: number;
  /** How long it tries to come in, s. */
  readonly patienceSeconds: number;
}

/** One handshake: comes in, stays a moment, goes. Returns whether it came in. */
export async function visit(scene: Scene, { seconds, patienceSeconds }: Visit): Promise<boolean> {
  const { world, meter, urls, path, party } = scene;
  const connection = new ChatConnection({
    world,
    path,
    url: urls[Math.floor(world.random() * urls.length)] ?? "",
    token: () => scene.token(party),
    online: (ms) => {
      meter("chat_handshakes", 1);
      meter("chat_handshake_duration", ms);
    },
    offline: () => {},
    failed: () => meter("chat_handshake_failures", 1),
    pushed: () => {},
  });
  try {
    const isIn = await holds(world, patienceSeconds * 1_000, () => connection.connections > 0);
    if (isIn) await pause(world, seconds * 1_000);
    return isIn;
  } finally {
    connection.close();
  }
}
