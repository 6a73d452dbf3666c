import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { documentOf, type PolicyDocument } from "../../src/chat/room-policy.ts";
import type { RoomPolicySpec } from "../../src/chat/room-policy-spec.ts";
import { connect } from "../../src/client/index.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { PoliciesInForce } from "../../src/policies/index.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { testSecret } from "../harness/deployment.ts";
import { type GatewayFixture, startGateway, type TestClient } from "../harness/gateway-fixture.ts";
import { testRedisLog, wholeLog } from "../harness/redis-log.ts";
import { type RedisServer, startRedisServer } from "../harness/redis-server.ts";
import { signTestToken } from "../harness/sign-token.ts";
import { until } from "../harness/until.ts";
import { launcher, WeirProcess } from "../harness/weir-process.ts";

/** Within which a policy is in force everywhere. */
const inForce = { within: 2_000, every: 10 } as const;

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedisServer({ appendOnly: true, sync: "always" });
});
afterAll(() => redis.close());

/** What a platform of its own has in front of all its keys. */
const newPrefix = (): string => `${randomUUID()}:`;

type Specs = Readonly<Record<string, Partial<RoomPolicySpec>>>;

function documentFrom(specs: Specs): PolicyDocument {
  const named = Object.entries(specs).map(([name, spec]) => ({ name, createdAt: 0, spec: { rooms: ["**"], ...spec } }));
  return documentOf(named);
}

/** Publishes as the controller does, and is gone. */
async function publish(prefix: string, specs: Specs): Promise<number> {
  const log = testRedisLog({ url: redis.url, prefix });
  await log.start();
  const revision = await log.policies.publish(documentFrom(specs));
  await log.stop();
  return revision;
}

interface PolicyGateway extends AsyncDisposable {
  readonly fixture: GatewayFixture;
}

async function startPolicyGateway(prefix: string): Promise<PolicyGateway> {
  const log = testRedisLog({ url: redis.url, prefix });
  await log.start();
  const metrics = createMetrics({ processMetrics: false });
  const policies = new PoliciesInForce({ source: log.policies, clock: systemClock, metrics, logger: silentLogger });
  await policies.start();
  const whole = wholeLog(log);
  const policing = { policies, roster: log.roster(), slowMode: log.slowMode };
  const fixture = await startGateway({ gateway: { log: whole, feed: whole, policing } });
  await fixture.gateway.start();
  return {
    fixture,
    [Symbol.asyncDispose]: async () => {
      await fixture[Symbol.asyncDispose]();
      await policies.stop();
      await log.stop();
    },
  };
}

async function joined({ fixture }: PolicyGateway, user: string, room = "r"): Promise<TestClient> {
  const client = await fixture.connect(user);
  expect(await client.request("room:join", { room })).toMatchObject({ ok: true });
  return client;
}

let sent = 0;
const send = (client: TestClient, text = "x") => client.request("message:send", { room: "r", id: `m${++sent}`, text });

/** The text is too long for the policy: nothing is stored, and Redis is not asked. */
async function holds(client: TestClient, bytes: number): Promise<boolean> {
  const answer = await send(client, "x".repeat(bytes + 1));
  return !answer.ok && answer.error.code === "TOO_LARGE";
}

test("a policy is in force on every gateway within 2 s, in rooms that were joined before, while its publisher is gone", async () => {
  const prefix = newPrefix();
  await using one = await startPolicyGateway(prefix);
  await using two = await startPolicyGateway(prefix);
  const clients = [await joined(one, "ada"), await joined(two, "bob")];
  for (const client of clients) expect(await holds(client, 10)).toBe(false);
  await publish(prefix, { short: { rooms: ["r"], textMaxBytes: 10 } });
  await Promise.all(clients.map((client) => until(() => holds(client, 10), inForce)));
  for (const client of clients)
    expect(client.pushes("room:policy")).toMatchObject([{ room: "r", policy: { textBytes: 10 } }]);
  await publish(prefix, {});
  await Promise.all(clients.map((client) => until(async () => !(await holds(client, 10)), inForce)));
});

test("a gateway that starts while the publisher is away applies what was published", async () => {
  const prefix = newPrefix();
  await publish(prefix, { short: { textMaxBytes: 10 } });
  await using gateway = await startPolicyGateway(prefix);
  const client = await gateway.fixture.connect("ada");
  expect(await client.request("room:join", { room: "r" })).toMatchObject({ policy: { textBytes: 10 } });
  expect(await holds(client, 10)).toBe(true);
});

test("a gateway that was told nothing finds out by itself within 2 s", async () => {
  const prefix = newPrefix();
  await using gateway = await startPolicyGateway(prefix);
  const client = await joined(gateway, "ada");
  const document = JSON.stringify(documentFrom({ short: { textMaxBytes: 10 } })).replaceAll('"', '\\"');
  await redis.ask(`HSET ${prefix}{policies} revision 7 document "${document}"`);
  await until(() => holds(client, 10), inForce);
});

test("slow mode and the limit of members hold over all gateways", async () => {
  const prefix = newPrefix();
  await publish(prefix, { slow: { rooms: ["r"], slowModeSeconds: 60, maxMembers: 2 } });
  await using one = await startPolicyGateway(prefix);
  await using two = await startPolicyGateway(prefix);
  const [here, there] = [await joined(one, "ada"), await joined(two, "ada")];
  expect(await send(here)).toMatchObject({ ok: true });
  const refused = await send(there);
  expect(refused).toMatchObject({ ok: false, error: { code: "SLOW_MODE", retryable: true } });
  expect(refused.ok ? 0 : refused.error.retryAfterMs).toBeGreaterThan(30_000);
  const bob = await joined(two, "bob");
  const carol = await one.fixture.connect("carol");
  expect(await carol.request("room:join", { room: "r" })).toMatchObject({ error: { code: "ROOM_FULL" } });
  await bob.request("room:leave", { room: "r" });
  await until(async () => (await carol.request("room:join", { room: "r" })).ok);
});

test("while Redis is away what was in force stays; one that comes back empty gets it again from the next publication", async () => {
  await redis.restart();
  const prefix = newPrefix();
  await using gateway = await startPolicyGateway(prefix);
  const client = await joined(gateway, "ada");
  const before = await publish(prefix, { short: { textMaxBytes: 10 } });
  await until(() => holds(client, 10), inForce);
  await redis.kill();
  expect(await holds(client, 10)).toBe(true);
  await redis.restart("empty");
  expect(await holds(client, 10)).toBe(true);
  expect(await publish(prefix, { short: { textMaxBytes: 5 } })).toBeGreaterThan(before);
  await until(() => holds(client, 5), { within: 10_000, every: 10 });
});

test("without Kubernetes policies come from a file, and our client keeps to them and says why a message waits", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "weir-policies-"));
  const file = join(dataDir, "policies.json");
  await writeFile(file, JSON.stringify({ calm: { rooms: ["team:*"], slowModeSeconds: 2, textMaxBytes: 100 } }));
  const env = { WEIR_DATA_DIR: dataDir, WEIR_JWT_SECRET: testSecret, WEIR_POLICIES_FILE: file };
  const weir = await WeirProcess.start({ role: "all-in-one", env });
  const chat = connect({ url: weir.url, token: signTestToken(testSecret, { sub: "ada" }) });
  try {
    const room = chat.join("team:7");
    await until(() => room.policy);
    expect(room.policy).toMatchObject({ slowModeSeconds: 2, textBytes: 100 });
    const waits: unknown[] = [];
    room.on("pending", (pending) =>
      waits.push(...pending.flatMap(({ setback, retryAt }) => (retryAt ? [setback] : []))),
    );
    const answers = await Promise.all([room.send("one"), room.send("two")]);
    expect((answers[1]?.at ?? 0) - (answers[0]?.at ?? 0)).toBeGreaterThanOrEqual(1_900);
    expect(waits).toContain("SLOW_MODE");
    await expect(room.send("x".repeat(101))).rejects.toMatchObject({ code: "TOO_LARGE" });
    expect(chat.join("lobby").policy).toBeUndefined();
  } finally {
    chat.close();
    await weir.kill();
    await rm(dataDir, { recursive: true, force: true });
  }
});

test("a file that is wrong stops the start with the name of the policy and what is wrong with it", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "weir-policies-"));
  const file = join(dataDir, "policies.json");
  await writeFile(file, JSON.stringify({ calm: { rooms: ["team:**:x"], slowModeSeconds: 2 } }));
  try {
    const { status, stderr } = spawnSync(process.execPath, [launcher, "all-in-one"], {
      env: { PATH: process.env["PATH"] ?? "", WEIR_DATA_DIR: dataDir, WEIR_POLICIES_FILE: file },
      encoding: "utf8",
      timeout: 20_000,
    });
    expect(status).toBe(2);
    expect(stderr).toContain('WEIR_POLICIES is not valid: "calm": rooms has "team:**:x"');
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});
