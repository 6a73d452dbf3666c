/** What a load test has of the program that runs it: k6, or Node. */
export interface World {
  /** Unix ms. */
  now(): number;
  /** Calls back once, after so many ms; the returned function calls it off. */
  after(ms: number, run: () => void): () => void;
  /** Uniform in [0, 1). */
  random(): number;
  /** A WebSocket as the WHATWG has it. A failed handshake closes it. */
  dial(url: string): WebSocketLike;
}

export interface WebSocketLike {
  send(text: string): void;
  close(): void;
  addEventListener(event: "open" | "close" | "error" | "message", listener: (event: object) => void): void;
}

export function pause(world: World, ms: number): Promise<void> {
  return new Promise((resolve) => {
    world.after(ms, resolve);
  });
}

/** Looks until it holds, or the time is over. Returns whether it holds. */
export async function holds(world: World, withinMs: number, condition: () => boolean): Promise<boolean> {
  const deadline = world.now() + withinMs;
  for (let everyMs = 20; !condition(); everyMs = Math.min(250, everyMs * 1.5)) {
    if (world.now() >= deadline) return false;
    await pause(world, everyMs);
  }
  return true;
}
