import { checkRun } from "./checker.ts";
import type { Recorded } from "./checker-journal.ts";
import type { AgentAnswer, AgentRequest } from "./cluster-agent-api.ts";
import { ChatLoad } from "./load.ts";
import { everyoneAtTheEnd, refusedBy } from "./load-end.ts";
import { forgetHistory, storedHistory } from "./stored-history.ts";
import { until } from "./until.ts";

const seed = 1;
/** Two cores run the cluster, the stores and all clients. */
const entryWithinMs = 90_000;
/** What is acknowledged is stored in a second or two, after an outage in a few more. */
const storedWithinMs = 120_000;

/** A load in the cluster, with what is counted along the way. */
export class AgentLoad {
  readonly #arrivals: number[] = [];
  readonly #load: ChatLoad;
  #counting: NodeJS.Timeout | undefined;

  constructor({ name, url, clients, membersPerRoom, ratePerSecond }: AgentRequest<"begin">, secret: string) {
    this.#load = new ChatLoad({
      seed,
      secret,
      ratePerSecond,
      clients: Array.from({ length: clients }, (_, i) => ({
        id: `${name}-${i}`,
        url,
        rooms: [`${name}:${Math.floor(i / membersPerRoom)}`],
      })),
    });
  }

  async begin(): Promise<void> {
    await this.#load.join(entryWithinMs);
    this.#load.begin();
    let before = { at: performance.now(), connections: this.#connections() };
    this.#counting = setInterval(() => {
      const now = { at: performance.now(), connections: this.#connections() };
      // A machine that is busy is late: what is counted belongs to the whole time.
      this.#arrivals.push(Math.round(((now.connections - before.connections) * 1_000) / (now.at - before.at)));
      before = now;
    }, 1_000);
  }

  status(): AgentAnswer<"status"> {
    const live = this.#load.clients.filter((client) => client.isLive).length;
    return { acked: this.#load.acked, live, arrivals: this.#arrivals };
  }

  async finish(mongodbUrl: string): Promise<AgentAnswer<"finish">> {
    await this.#load.finish(entryWithinMs);
    clearInterval(this.#counting);
    const history = await until(() => this.#stored(mongodbUrl), { within: storedWithinMs, every: 1_000 });
    await everyoneAtTheEnd(this.#load, history);
    const { ops, acked, longestSilenceMs } = this.#load;
    const violations = checkRun({ ops, history });
    // A store that scans would be slow for whoever comes next.
    if (violations.length === 0) await forgetHistory(mongodbUrl);
    return { acked, refused: refusedBy(ops), violations, arrivals: this.#arrivals, longestSilenceMs };
  }

  close(): void {
    clearInterval(this.#counting);
    this.#load.close();
  }

  #connections(): number {
    return this.#load.clients.reduce((sum, { connections }) => sum + connections, 0);
  }

  /** The history of this load's rooms, once it has as many messages as were acknowledged; which they are is for the checker. */
  async #stored(mongodbUrl: string): Promise<Map<string, Recorded[]> | undefined> {
    const all = await storedHistory(mongodbUrl);
    const ours = new Map(this.#load.rooms.map((room) => [room, all.get(room) ?? []]));
    const messages = [...ours.values()].flat().filter(({ kind }) => kind === "message").length;
    return messages >= this.#load.acked ? ours : undefined;
  }
}
