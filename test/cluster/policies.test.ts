import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClusterAgent } from "../harness/cluster-client.ts";
import { apply } from "../harness/cluster-kubectl.ts";
import { type Pod, Release } from "../harness/cluster-release.ts";
import { say } from "../harness/cluster-watch.ts";
import { readAnswer } from "../harness/load-wire.ts";
import { byPace, onPaceOnly } from "../harness/pace.ts";
import { until } from "../harness/until.ts";

/** What is promised from `kubectl apply` to the last gateway. */
const inForceWithinMs = 2_000;

let release: Release;
let agent: ClusterAgent;
let gateways: readonly Pod[];

beforeAll(async () => {
  release = await Release.install();
  agent = await release.agent();
  gateways = await release.ready("gateway", 2);
});
afterAll(() => release?.[Symbol.asyncDispose]());

function policy(name: string, spec: object): object {
  const metadata = { name, namespace: release.namespace };
  return { apiVersion: "weir.chat/v1alpha1", kind: "ChatRoomPolicy", metadata, spec };
}

/** What a gateway answers to a text of 100 bytes: the code of its refusal, or "ok". */
async function sendTo({ ip }: Pod, room: string): Promise<string> {
  const client = { url: `http://${ip}:3000`, path: "/rt", user: `user-${ip}` } as const;
  const { answers } = await agent.ask({
    client,
    requests: [
      { event: "room:join", payload: { room } },
      { event: "message:send", payload: { room, id: crypto.randomUUID(), text: "x".repeat(100) } },
    ],
  });
  const outcome = readAnswer(answers[1]);
  return outcome.kind === "ok" ? "ok" : outcome.error.code;
}

async function sendToAll(room: string): Promise<string[]> {
  return Promise.all(gateways.map((gateway) => sendTo(gateway, room)));
}

async function allAnswer(room: string, answer: string): Promise<boolean> {
  return (await sendToAll(room)).every((one) => one === answer);
}

async function scale(component: "gateway" | "controller", replicas: number): Promise<void> {
  await release.kubectl("scale", `deployment/weir-${component}`, `--replicas=${replicas}`);
}

async function condition(name: string, type: string): Promise<string> {
  return release.kubectl("get", "crp", name, `-o=jsonpath={.status.conditions[?(@.type=="${type}")].status}`);
}

test(
  "a policy is in force on all gateways within 2 s of kubectl apply, and its status says so",
  onPaceOnly,
  async () => {
    await release.kubectl("delete", "crp", "short", "--ignore-not-found");
    await until(() => allAnswer("short:a", "ok"), { within: 30_000, every: 250 });
    await apply(policy("short", { rooms: ["short:*"], textMaxBytes: 50 }));
    const appliedAt = performance.now();
    // When this was asked, it was not yet in force everywhere: how long an answer takes is the machine's affair.
    let missedAt = appliedAt;
    const isInForce = async (): Promise<boolean> => {
      const askedAt = performance.now();
      if (await allAnswer("short:a", "TOO_LARGE")) return true;
      missedAt = askedAt;
      return false;
    };
    await until(isInForce, { within: 30_000, every: 50 });
    const took = missedAt - appliedAt;
    say(`in force on ${gateways.length} gateways after at least ${took.toFixed(0)} ms`);
    expect(took, byPace("policy in force")).toBeLessThanOrEqual(inForceWithinMs);
    expect(await sendToAll("other:a")).toEqual(["ok", "ok"]);
    for (const type of ["Accepted", "InForce"])
      await until(async () => (await condition("short", type)) === "True", { within: 20_000, every: 250 });
  },
);

test("a broken policy is refused by the API server with a text that says what is wrong", async () => {
  const nothing = apply(policy("nothing", { rooms: ["a:*"] }));
  await expect(nothing).rejects.toThrow("a policy must set at least one of");
  const pattern = apply(policy("pattern", { rooms: ["a:**:b"], textMaxBytes: 50 }));
  await expect(pattern).rejects.toThrow("`**` must be the whole last segment of a pattern");
});

test("without any controller what was in force stays in force, also on a gateway that starts now", async () => {
  await scale("gateway", 2);
  gateways = await release.ready("gateway", 2);
  await scale("controller", 0);
  await until(async () => (await release.pods("controller")).length === 0, { within: 60_000, every: 500 });
  expect(await sendToAll("short:b")).toEqual(["TOO_LARGE", "TOO_LARGE"]);
  await scale("gateway", 3);
  gateways = await release.ready("gateway", 3);
  expect(await sendToAll("short:b")).toEqual(["TOO_LARGE", "TOO_LARGE", "TOO_LARGE"]);
});

test("a controller that comes back takes up what was changed meanwhile", async () => {
  await release.kubectl("delete", "crp", "short", "--ignore-not-found");
  await scale("controller", 2);
  await until(() => allAnswer("short:c", "ok"), { within: 120_000, every: 500 });
});
