import { expect, test } from "vitest";
import { startGateway } from "../harness/gateway-fixture.ts";
import { until } from "../harness/until.ts";

test("a message goes from one client to the other, and to its sender, by the log", async () => {
  await using fixture = await startGateway();
  const alice = await fixture.connect("alice");
  const bob = await fixture.connect("bob", { path: "/socket.io", transports: ["polling"] });
  for (const client of [alice, bob])
    expect(await client.request("room:join", { room: "r" })).toMatchObject({ ok: true });
  const sent = await alice.request("message:send", { room: "r", id: "m1", text: "hello" });
  expect(sent).toMatchObject({ ok: true, id: "m1", seq: 1, durability: "fast" });
  for (const client of [alice, bob]) {
    await until(() => client.entries.length > 0);
    expect(client.entries).toMatchObject([{ seq: 1, text: "hello", from: { id: "alice" }, kind: "message" }]);
  }
});

test("every client gets the same order while a hundred messages cross, in fewer frames than messages", async () => {
  await using fixture = await startGateway();
  const clients = [await fixture.connect("alice"), await fixture.connect("bob"), await fixture.connect("carol")];
  for (const client of clients) await client.request("room:join", { room: "r" });
  await Promise.all(
    clients.flatMap((client, c) =>
      Array.from({ length: 40 }, (_, i) => client.request("message:send", { room: "r", id: `c${c}-${i}`, text: "x" })),
    ),
  );
  await until(() => clients.every(({ entries }) => entries.length === 120));
  for (const client of clients) {
    expect(client.entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 120 }, (_, i) => i + 1));
    expect(client.pushes("messages").length).toBeLessThan(60);
  }
});
