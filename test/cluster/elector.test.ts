import { randomInt } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createKubeClient } from "../../src/adapters/kubernetes/kube-client.ts";
import { KubeLease } from "../../src/adapters/kubernetes/kube-lease.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { flusherTiming } from "../../src/leadership/index.ts";
import { leaseContract } from "../contract/lease.contract.ts";
import { apply, kubectl } from "../harness/cluster-kubectl.ts";
import { say, takeoverMs } from "../harness/cluster-watch.ts";
import { ElectorProcess, type ElectorProcessOptions } from "../harness/elector-process.ts";
import { FencedLedger } from "../harness/fenced-ledger.ts";
import { byPace, onPaceOnly } from "../harness/pace.ts";
import { until } from "../harness/until.ts";

const hourMs = 3_600_000;
const kubeconfig = process.env["KUBECONFIG"];
const namespace = `weir-test-${randomInt(1_000_000_000)}`;

beforeAll(() => apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }));
afterAll(() => kubectl(["delete", "namespace", namespace, "--wait=false"]));

let leases = 0;
leaseContract("a Lease of a real API server", () => {
  const name = `lease-${++leases}`;
  const api = createKubeClient({ kubeconfig, clock: systemClock, callTimeoutMs: 10_000 });
  const make = (): KubeLease => new KubeLease({ api, namespace, name, clock: systemClock });
  return Promise.resolve({ ours: make(), theirs: make(), close: async () => api.close() });
});

let ledger: FencedLedger;
const processes: ElectorProcess[] = [];
beforeEach(async () => {
  ledger = await FencedLedger.start();
});
afterEach(async () => {
  await Promise.all(processes.splice(0).map((one) => one[Symbol.asyncDispose]()));
  await ledger[Symbol.asyncDispose]();
  await kubectl(["--namespace", namespace, "delete", "lease", "elector", "--ignore-not-found"]);
});

async function compete(who: string, options: Partial<ElectorProcessOptions> = {}): Promise<ElectorProcess> {
  const started = await ElectorProcess.start({ who, namespace, ledgerUrl: ledger.url, ...options });
  processes.push(started);
  return started;
}

/** The first that is started leads, the second waits. */
async function leaderAndFollower(): Promise<{ readonly leader: ElectorProcess; readonly follower: ElectorProcess }> {
  const leader = await compete("a");
  await until(() => ledger.writer === "a");
  const follower = await compete("b");
  await until(() => follower.log.includes('"holder":"a"'));
  return { leader, follower };
}

/** Time from now until somebody else writes, ms. */
async function takeoverBy(who: string, within: number): Promise<number> {
  const from = performance.now();
  await until(() => ledger.writer === who, { within });
  return (ledger.accepted.at(-1)?.at ?? Number.NaN) - from;
}

async function leads(who: string): Promise<void> {
  const { length } = ledger.accepted;
  await until(() => ledger.accepted.slice(length).filter((write) => write.who === who).length > 10);
}

test("a leader that is killed is replaced in eight seconds", onPaceOnly, async () => {
  const { leader, follower } = await leaderAndFollower();
  await leader.end("SIGKILL");
  const tookMs = await takeoverBy(follower.who, 2 * takeoverMs);
  say(`killed: another writes after ${tookMs.toFixed(0)} ms`);
  expect(tookMs, byPace("take-over")).toBeLessThan(takeoverMs);
  expect(ledger.flaws()).toEqual([]);
});

test("a leader that is told to end hands over without waiting for its lease", onPaceOnly, async () => {
  const { leader, follower } = await leaderAndFollower();
  await leader.end("SIGTERM");
  const tookMs = await takeoverBy(follower.who, takeoverMs);
  say(`told to end: another writes after ${tookMs.toFixed(0)} ms`);
  expect(tookMs, byPace("take-over")).toBeLessThan(flusherTiming.leaseMs / 2);
  expect(ledger.flaws()).toEqual([]);
});

test.each(["silence", "cut"] as const)(
  "a leader whose connection to the API falls (%s) stops before another begins, and follows when it is back",
  async (fault) => {
    const { leader, follower } = await leaderAndFollower();
    leader.link[fault]();
    await takeoverBy(follower.who, 3 * takeoverMs);
    const first = ledger.accepted.findIndex(({ who }) => who === "b");
    const gapMs = (ledger.accepted[first]?.at ?? Number.NaN) - (ledger.accepted[first - 1]?.at ?? Number.NaN);
    expect(gapMs).toBeGreaterThan(0);
    expect(ledger.refused).toEqual([]);
    leader.link.heal();
    await until(() => leader.log.includes('"holder":"b"'));
    await leads(follower.who);
    expect(ledger.flaws()).toEqual([]);
  },
);

test("a leader that is stopped and goes on after another has begun writes nothing more", async () => {
  const { leader, follower } = await leaderAndFollower();
  leader.pause();
  await takeoverBy(follower.who, 2 * takeoverMs);
  leader.resume();
  await until(() => leader.log.includes('"holder":"b"'));
  await leads(follower.who);
  expect(ledger.flaws()).toEqual([]);
});

test("clocks that are wrong by an hour, or run fast and slow, take nobody's lease", async () => {
  const late = await compete("late", { offsetMs: -hourMs, rate: 0.9 });
  await until(() => ledger.writer === "late");
  const early = await compete("early", { offsetMs: hourMs, rate: 1.2 });
  const right = await compete("right");
  await until(() => [early, right].every(({ log }) => log.includes('"holder":"late"')));
  const [{ at: since } = { at: Number.NaN }] = ledger.accepted.slice(-1);
  await until(() => (ledger.accepted.at(-1)?.at ?? 0) - since > 2 * flusherTiming.leaseMs, { within: 40_000 });
  expect(new Set(ledger.accepted.map(({ who }) => who))).toEqual(new Set(["late"]));
  await late.end("SIGTERM");
  await until(() => ledger.writer !== "late");
  expect(ledger.flaws()).toEqual([]);
});

test("what kubectl shows of the lease is true", async () => {
  await leaderAndFollower();
  const fields = ["holderIdentity", "leaseDurationSeconds", "leaseTransitions"];
  const template = fields.map((field) => `{.spec.${field}}`).join(" ");
  const shown = await kubectl(["--namespace", namespace, "get", "lease", "elector", "-o", `jsonpath=${template}`]);
  expect(shown).toBe(`a 6 ${ledger.accepted.at(-1)?.token}`);
});
