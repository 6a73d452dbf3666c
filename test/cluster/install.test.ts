import { beforeAll, expect, test } from "vitest";
import type { ClusterAgent } from "../harness/cluster-client.ts";
import { Release } from "../harness/cluster-release.ts";

let release: Release;
let agent: ClusterAgent;

beforeAll(async () => {
  release = await Release.install({ settings: { WEIR_DEFAULT_GRANT: '{"**":["read","write"]}' } });
  agent = await release.agent();
  return () => release[Symbol.asyncDispose]();
});

const texts = Array.from({ length: 10 }, (_, i) => `message ${i}`);

test("helm install with the defaults: two gateways, two flushers, two controllers and the demo stores are ready", async () => {
  await release.ready("gateway", 2);
  await release.ready("flusher", 2);
  await release.ready("controller", 2);
  await release.ready("redis-demo", 1);
  await release.ready("mongodb-demo", 1);
});

test("helm test does a real round trip", () => release.test());

test("a stock client chats through the Service", async () => {
  const { url } = release;
  const from = { url, path: "/rt", user: "ada" } as const;
  const talk = await agent.talk({ from, to: { ...from, user: "bob" }, room: "service", texts });
  expect(talk).toEqual({ heard: texts, transports: ["websocket", "websocket"] });
});
