import exec from "k6/execution";
import http from "k6/http";
import { chat, type Scene } from "../journeys/chat.ts";
import { visit } from "../journeys/visit.ts";
import { type Plan, type PlanName, plans } from "../lib/plans.ts";
import { stretched } from "../lib/resize.ts";
import { type RunOptions, runOptions } from "../lib/run-options.ts";
import { ServerWatch } from "../lib/server-watch.ts";
import { readSettings } from "../lib/settings.ts";
import { type EndOfTest, summaryOf } from "../lib/summary.ts";
import { signToken } from "../lib/token.ts";
import { createMeter } from "./k6-meter.ts";
import { k6Crypto, k6World } from "./k6-world.ts";

/** What a script of k6 exports. */
export interface Scenario {
  readonly options: RunOptions;
  readonly setup: () => SetUp;
  readonly chat: (setUp: SetUp) => Promise<void>;
  readonly visit: (setUp: SetUp) => Promise<void>;
  readonly server: () => void;
  readonly handleSummary: (end: EndOfTest) => Record<string, string>;
}

interface SetUp {
  readonly run: string;
}

/** A plan as k6 runs it. Users of k6 share nothing: each party has a ledger of its own, and the counts are added by k6. */
export function scenario(name: PlanName): Scenario {
  const settings = readSettings(__ENV);
  const plan: Plan = stretched(plans[name], settings.stretch);
  const meter = createMeter();
  const watch = new ServerWatch(meter);
  const sceneOf = ({ run }: SetUp): Scene => ({
    world: k6World,
    meter,
    urls: settings.urls,
    path: settings.path,
    run,
    party: `${run}-${exec.vu.idInTest.toString(36)}-${exec.vu.iterationInInstance.toString(36)}`,
    token: (user) => signToken(k6Crypto, settings.secret, user, Date.now()),
  });
  return {
    options: runOptions(plan, settings),
    // Several runners of one test each set up for themselves: RUN gives them the same rooms.
    setup: () => ({ run: settings.run ?? Date.now().toString(36) }),
    chat: async (setUp) => void (await chat(sceneOf(setUp), plan.chat.party)),
    visit: async (setUp) => {
      if (plan.visits !== undefined) await visit(sceneOf(setUp), plan.visits.visit);
    },
    server: () => {
      const answers = settings.metrics.map((url) => http.get(url, { responseType: "text" }));
      const bodies = answers.map(({ status, body }) => (status === 200 && typeof body === "string" ? body : ""));
      watch.look(bodies, Date.now());
    },
    handleSummary: (end) => ({ stdout: summaryOf(name, end) }),
  };
}
