import { expect, test } from "vitest";
import { limits } from "../../src/protocol/limits.ts";
import { dialFrugally, type FrugalTarget } from "../harness/frugal-wire.ts";
import { type GatewayFixture, startGateway, tokenSecret } from "../harness/gateway-fixture.ts";
import { heapUsed } from "../harness/heap-used.ts";
import { hostilePeer } from "../harness/hostile-peer.ts";
import { signTestToken } from "../harness/sign-token.ts";
import { until } from "../harness/until.ts";

const connections = 1_000;
/** What a connection may keep of the largest payload, as a ratio to one with the smallest. */
const allowedRatio = 1.2;

type Payload = Pick<FrugalTarget, "token" | "extra" | "header">;

const plain: Payload = { token: signTestToken(tokenSecret, { sub: "ada" }) };

/** A token of nearly the longest length, as much beside it as may be, and long headers. */
const worst: Payload = {
  token: signTestToken(tokenSecret, {
    sub: "mallory",
    unused: Object.fromEntries(Array.from({ length: 560 }, (_x, i) => [`k${i}`, i])),
  }),
  extra: { a: Array.from({ length: 70 }, () => ({})) },
  header: `X-Unused: ${"x".repeat(8_000)}\r\n`,
};

/** Heap that so many connections of this payload keep, bytes. */
async function keptBy({ port }: GatewayFixture, payload: Payload): Promise<number> {
  const before = heapUsed();
  let opened = 0;
  const target = { port, path: "/rt/", namespace: "/chat", ...payload };
  const refused = ({ message }: { readonly message: string }): void => expect.unreachable(message);
  const listener = { opened: () => void (opened += 1), refused, closed: () => undefined };
  const wires = Array.from({ length: connections }, () => dialFrugally(target, listener));
  await until(() => opened === connections, { within: 60_000, every: 50 });
  const kept = heapUsed() - before;
  for (const wire of wires) wire.close();
  return kept;
}

test("a connection keeps nothing of the payload and the headers with which it came", async () => {
  expect(worst.token.length).toBeLessThanOrEqual(limits.tokenLength);
  expect(worst.token.length).toBeGreaterThan(0.8 * limits.tokenLength);
  await using fixture = await startGateway();
  await keptBy(fixture, plain);
  const ofPlain = await keptBy(fixture, plain);
  const ofWorst = await keptBy(fixture, worst);
  expect(ofWorst).toBeLessThan(allowedRatio * ofPlain);
});

test("a request to connect that carries more than a token is refused with TOO_LARGE, and the connection may try again", async () => {
  await using fixture = await startGateway();
  const token = await fixture.token();
  await expect(
    fixture.connect("ada", { auth: { token, more: "x".repeat(2 * limits.tokenLength) } }),
  ).rejects.toMatchObject({
    data: { code: "TOO_LARGE" },
  });
  await fixture.connect("ada", { auth: { token } });
});

test("what a flood took of memory is free again after it", async () => {
  await using fixture = await startGateway({
    sockets: { inbound: { packetsPerSecond: 100, bytesPerSecond: 262_144 } },
  });
  const receipts = Array.from({ length: 4 }, () => `42/chat,["receipt",{"more":"${"x".repeat(60_000)}"}]`);
  const flood = async (): Promise<void> => {
    for (const transport of ["websocket", "polling"] as const) {
      await using peer = await hostilePeer(fixture, { transport, token: await fixture.token() });
      for (let i = 0; i < 10; i++) await peer.send(receipts);
      await peer.ended();
    }
  };
  await flood();
  const before = heapUsed();
  for (let i = 0; i < 5; i++) await flood();
  await until(() => heapUsed() < 1.1 * before, { every: 200 });
});
