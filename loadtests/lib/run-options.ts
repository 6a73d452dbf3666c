import { remoteWriteStats } from "./load-metrics.ts";
import type { Plan } from "./plans.ts";
import type { RunSettings } from "./settings.ts";
import { type Executor, executorOf, lengthOf } from "./stages.ts";
import { type Thresholds, thresholdsOf } from "./thresholds.ts";

/** What a scenario of k6 is told beside its executor. */
interface Run {
  readonly exec: "chat" | "visit" | "server";
  readonly gracefulStop?: string;
  readonly startTime?: string;
}

export interface RunOptions {
  readonly scenarios: Readonly<Record<string, Executor & Run>>;
  readonly thresholds: Thresholds;
  readonly summaryTrendStats: string[];
  readonly noCookiesReset: boolean;
  readonly setupTimeout: string;
  /** Without the URL: each connection of a run would be a series of its own. */
  readonly systemTags: string[];
}

/** From the last message until a party has gone, s: settling and reading back, where all is well. */
const aftermath = 15;
/** Between two looks at the server, s. */
export const scrapeEvery = 5;

/** The options of k6 for a plan. */
export function runOptions(plan: Plan, settings: RunSettings): RunOptions {
  const { party, arrivals } = plan.chat;
  const stay = party.seconds + aftermath;
  const patience = 3 * party.patienceSeconds;
  const chat = {
    ...executorOf(arrivals, stay, settings.scale),
    exec: "chat",
    gracefulStop: `${stay + patience}s`,
  } as const;
  return {
    scenarios: { chat, ...visitsOf(plan, settings), ...serverOf(plan, settings) },
    thresholds: thresholdsOf(plan),
    summaryTrendStats: ["med", ...remoteWriteStats],
    noCookiesReset: settings.keepsCookies,
    setupTimeout: "30s",
    systemTags: ["scenario", "group", "status", "error_code", "proto"],
  };
}

function visitsOf({ visits }: Plan, { scale }: RunSettings): RunOptions["scenarios"] {
  if (visits === undefined) return {};
  const { visit, arrivals } = visits;
  const gracefulStop = `${visit.seconds + visit.patienceSeconds}s`;
  // The last of them comes after a second, and may wait in the gateway's line for five.
  const executor = executorOf(arrivals, visit.seconds + 6, scale);
  return { visits: { ...executor, exec: "visit", gracefulStop, startTime: "30s" } };
}

/** One user of k6 looks at the gateways as long as the test goes on. */
function serverOf({ chat, visits }: Plan, { metrics }: RunSettings): RunOptions["scenarios"] {
  if (metrics.length === 0) return {};
  const longest = Math.max(
    lengthOf(chat.arrivals) + chat.party.seconds,
    visits === undefined ? 0 : lengthOf(visits.arrivals),
  );
  return {
    server: {
      executor: "constant-arrival-rate",
      rate: 60 / scrapeEvery,
      timeUnit: "1m",
      duration: `${Math.ceil(longest)}s`,
      preAllocatedVUs: 1,
      maxVUs: 1,
      exec: "server",
      gracefulStop: "5s",
    },
  };
}
