import fc from "fast-check";
import { expect, test } from "vitest";
import { requestSchemas } from "../../src/protocol/schemas.ts";
import { startGateway } from "../harness/gateway-fixture.ts";
import { frameClient } from "../harness/raw-client.ts";
import { until } from "../harness/until.ts";

const event = fc.oneof(fc.constantFrom(...Object.keys(requestSchemas)), fc.string(), fc.integer());
const field = fc.constantFrom(
  "room",
  "id",
  "text",
  "target",
  "limit",
  "after",
  "emoji",
  "on",
  "meta",
  "token",
  "__proto__",
);
const payload = fc.oneof(
  fc.json(),
  fc.dictionary(field, fc.jsonValue()).map((value) => JSON.stringify(value)),
);

/** Frames that get further than noise does: right at the start, wrong somewhere behind it. */
const frame = fc.oneof(
  fc.string({ maxLength: 50 }),
  fc
    .tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 }), fc.string({ maxLength: 30 }))
    .map((parts) => parts.join("")),
  fc.tuple(fc.nat(99), event, payload).map(([ack, name, json]) => `42/chat,${ack}[${JSON.stringify(name)},${json}]`),
  fc.tuple(event, payload).map(([name, json]) => `42/chat,[${JSON.stringify(name)},${json},${json}]`),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
);

test("whatever frames a client sends, before it is in and after, the others are served in order", async () => {
  await using fixture = await startGateway();
  const alice = await fixture.connect("alice");
  const bob = await fixture.connect("bob");
  for (const client of [alice, bob]) await client.request("room:join", { room: "quiet" });
  const token = await fixture.token({ sub: "mallory" });
  let sent = 0;
  await fc.assert(
    fc.asyncProperty(fc.boolean(), fc.array(frame, { minLength: 1, maxLength: 15 }), async (enters, frames) => {
      await using mallory = await frameClient(fixture.url);
      if (enters) mallory.ws.send(`40/chat,${JSON.stringify({ token })}`);
      if (enters) await until(() => mallory.frames.some((heard) => heard.startsWith("40/chat,")));
      for (const one of frames) mallory.ws.send(one);
      const answer = await alice.request("message:send", { room: "quiet", id: `w${++sent}`, text: "still here" });
      expect(answer).toMatchObject({ ok: true, seq: sent });
    }),
    { numRuns: 150 },
  );
  await until(() => bob.entries.length === sent);
  expect(bob.entries.map(({ seq }) => seq)).toEqual(Array.from({ length: sent }, (_, i) => i + 1));
});
