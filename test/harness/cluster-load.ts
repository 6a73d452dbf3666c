import { randomInt } from "node:crypto";
import type { AgentAnswer } from "./cluster-agent-api.ts";
import type { ClusterAgent } from "./cluster-client.ts";
import type { Release, Values } from "./cluster-release.ts";
import { size } from "./cluster-settings.ts";
import { until } from "./until.ts";

/** How long a gateway takes to send its clients away in these tests, s. */
const drainSeconds = 10;
const membersPerRoom = 10;

/** Values for a release that is to be loaded: limits that protect it from its users are off, and Redis keeps its data. */
export const loadable: Values = {
  settings: {
    WEIR_DEFAULT_GRANT: '{"**":["read","write"]}',
    WEIR_RATE_USER: "1000000",
    WEIR_RATE_USER_BURST: "1000000",
    WEIR_RATE_ROOM: "1000000",
    WEIR_RATE_JOIN: "1000000",
    WEIR_RATE_PACKETS: "0",
    WEIR_CONNECTIONS_PER_USER: "0",
    WEIR_RATE_BYTES: "0",
    WEIR_ADMISSION_RATE: "10000",
    WEIR_ADMISSION_BURST: "10000",
    // A machine that runs a whole cluster keeps its processes waiting for reasons of its own.
    WEIR_SHED_LOOP_DELAY: "0",
    // Those who come back after an outage are served from the log: the store of a test may scan for each.
    WEIR_LOG_TAIL: "5000",
  },
  gateway: {
    drain: { preStopSeconds: 2, windowSeconds: drainSeconds },
    resources: { requests: { cpu: "50m", memory: "128Mi" } },
  },
  flusher: { resources: { requests: { cpu: "50m", memory: "128Mi" } } },
  demo: { redis: { persistence: { enabled: true } } },
};

export interface UnderLoad {
  readonly release: Release;
  readonly agent: ClusterAgent;
  /** What the names of the load's users and rooms begin with. */
  readonly name: string;
  /** Of the suite's size. */
  readonly share?: number;
}

/** Loads a release, does something to it in the middle, and tells what its users saw of that once all is stored. */
export async function underLoad(about: UnderLoad, disturb: () => Promise<void>): Promise<AgentAnswer<"finish">> {
  const { release, agent, share = 1 } = about;
  // What one try left in Redis and in the store is none of the next one's.
  const name = `${about.name}-${randomInt(1_000_000)}`;
  const [clients, ratePerSecond] = [size.clients * share, size.ratePerSecond * share];
  try {
    await agent.begin({ name, url: release.url, clients, ratePerSecond, membersPerRoom });
    await sends(agent, 3 * ratePerSecond);
    await disturb();
    await sends(agent, 3 * ratePerSecond);
    return await agent.finish({ mongodbUrl: release.mongodbUrl });
  } catch (error) {
    await agent.drop();
    throw error;
  }
}

/** Resolves when so many more sends are acknowledged. */
async function sends(agent: ClusterAgent, count: number): Promise<void> {
  const { acked } = await agent.status();
  await until(async () => (await agent.status()).acked >= acked + count, { within: 60_000, every: 500 });
}
