import type { Socket } from "socket.io";
import { ChatError } from "../../protocol/errors.ts";

/** How often one connection may try to get in. */
const maxTries = 5;

interface Visit {
  tries: number;
  state: "outside" | "trying" | "in";
}

type Transport = Socket["conn"];

/** Which connections are in, and how often the others tried. A connection comes in once. */
export class Visits {
  readonly #visits = new WeakMap<Transport, Visit>();

  isIn(conn: Transport): boolean {
    return this.#visits.get(conn)?.state === "in";
  }

  /**
   * Runs `identify` for a connection that is neither in nor trying already.
   * @throws ChatError BAD_REQUEST otherwise, RATE_LIMITED after too many tries, and what `identify` rejects with
   */
  async enter<T>(conn: Transport, identify: () => Promise<T>): Promise<T> {
    const visit = this.#visits.get(conn) ?? { tries: 0, state: "outside" };
    this.#visits.set(conn, visit);
    if (visit.state !== "outside") throw new ChatError("BAD_REQUEST", "this connection is in already");
    visit.tries += 1;
    if (visit.tries > maxTries) throw new ChatError("RATE_LIMITED", "too many tries");
    visit.state = "trying";
    try {
      const result = await identify();
      visit.state = "in";
      return result;
    } catch (error) {
      visit.state = "outside";
      throw error;
    }
  }
}
