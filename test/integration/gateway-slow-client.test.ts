import { expect, test } from "vitest";
import { startGateway } from "../harness/gateway-fixture.ts";
import { frameClient } from "../harness/raw-client.ts";
import { until } from "../harness/until.ts";

test("a client that stops reading is cut off with a counter, and the others get every message in order", async () => {
  await using fixture = await startGateway();
  const alice = await fixture.connect("alice");
  const bob = await fixture.connect("bob");
  for (const client of [alice, bob]) await client.request("room:join", { room: "r" });
  await using slow = await frameClient(fixture.url);
  slow.ws.send(`40/chat,${JSON.stringify({ token: await fixture.token({ sub: "slow" }) })}`);
  await until(() => slow.frames.some((frame) => frame.startsWith("40/chat,")));
  slow.ws.send(`42/chat,1["room:join",{"room":"r"}]`);
  await until(() => slow.frames.some((frame) => frame.startsWith("43/chat,1")));
  slow.ws.pause();
  const text = "x".repeat(8_000);
  let sent = 0;
  const isCut = async (): Promise<boolean> =>
    (await fixture.metrics.scrape()).text.includes(`weir_connections_cut_total{reason="slow"} 1`);
  while (!(await isCut())) {
    const batch = Array.from({ length: 50 }, () => ({ room: "r", id: `m${++sent}`, text }));
    for (const answer of await Promise.all(batch.map((one) => alice.request("message:send", one)))) {
      expect(answer).toMatchObject({ ok: true });
    }
    expect(sent).toBeLessThan(10_000);
  }
  await until(() => bob.entries.length === sent);
  expect(bob.entries.map(({ seq }) => seq)).toEqual(Array.from({ length: sent }, (_, i) => i + 1));
  expect([alice.socket.connected, bob.socket.connected]).toEqual([true, true]);
  slow.ws.resume();
  await slow.closed;
});
