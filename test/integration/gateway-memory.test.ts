import { IncomingMessage } from "node:http";
import { queryObjects } from "node:v8";
import { test } from "vitest";
import { startGateway } from "../harness/gateway-fixture.ts";
import { until } from "../harness/until.ts";

test("a connection does not keep the request that it began with", async () => {
  await using fixture = await startGateway();
  const before = queryObjects(IncomingMessage, { format: "count" });
  for (let i = 0; i < 30; i++) {
    const client = await fixture.connect(`user${i}`);
    await client.request("room:join", { room: "r" });
  }
  await until(() => queryObjects(IncomingMessage, { format: "count" }) < before + 10);
});
