import { ChatConnection } from "../lib/connection.ts";
import { holds, pause } from "../lib/world.ts";
import type { Scene } from "./chat.ts";

/** Newcomers, several in one user of k6: one for each of hundreds in a second would take its memory. */
export interface Visit {
  /** So many come, one after the other within a second. */
  readonly people: number;
  /** How long each stays once it is in. */
  readonly seconds: number;
  /** How long it tries to come in, s. */
  readonly patienceSeconds: number;
}

/** People come in, stay a moment and go: a handshake each, and nothing else. Returns how many came in. */
export async function visit(scene: Scene, { people, ...stay }: Visit): Promise<number> {
  const visitors = Array.from({ length: people }, async (_, i) => {
    await pause(scene.world, (i * 1_000) / people);
    return visitOnce(scene, `${scene.party}-${i}`, stay);
  });
  return (await Promise.all(visitors)).filter((came) => came).length;
}

async function visitOnce(
  { world, meter, urls, path, token }: Scene,
  user: string,
  { seconds, patienceSeconds }: Omit<Visit, "people">,
): Promise<boolean> {
  let turnedAway = false;
  const connection = new ChatConnection({
    world,
    path,
    url: urls[Math.floor(world.random() * urls.length)] ?? "",
    token: () => token(user),
    online: (ms) => {
      meter("chat_handshakes", 1);
      meter("chat_handshake_duration", ms);
    },
    offline: () => {},
    failed: (_code, final) => {
      meter("chat_handshake_failures", 1);
      turnedAway = final;
    },
    pushed: () => {},
  });
  try {
    await holds(world, patienceSeconds * 1_000, () => connection.connections > 0 || turnedAway);
    const came = connection.connections > 0;
    if (came) await pause(world, seconds * 1_000);
    return came;
  } finally {
    connection.close();
  }
}
