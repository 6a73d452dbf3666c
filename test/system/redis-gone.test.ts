import { io, type Socket } from "socket.io-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Op } from "../harness/checker-journal.ts";
import { testSecret } from "../harness/deployment.ts";
import { runWithFault } from "../harness/fault-run.ts";
import { isPosition, isTier, type Outcome, readAnswer } from "../harness/load-wire.ts";
import { type MongoServer, startMongoServer } from "../harness/mongo-server.ts";
import { signTestToken } from "../harness/sign-token.ts";
import { sized } from "../harness/size.ts";
import { lasting } from "../harness/soak.ts";
import { until } from "../harness/until.ts";

/** How long Redis is gone, ms. */
const goneMs = sized(12_000, 90_000);
/** The longest that a gateway lets a send wait: twice the deadline of a request. */
const answerWithinMs = 20_000;

let mongo: MongoServer;
beforeAll(async () => {
  mongo = await startMongoServer();
});
afterAll(() => mongo.stop());

test("with Redis gone, every request ends with an answer that says so; when it is back, everyone gets to the end of their rooms", async () => {
  const codes = new Set<string>();
  const report = await runWithFault({
    mongo,
    seed: 1,
    sends: sized(600, 4_000),
    ratePerSecond: 200,
    rooms: 6,
    fault: async ({ deployment, load }) => {
      const journal = (op: Op): void => void load.ops.push(op);
      const names = deployment.gateways.map((_, i) => `watcher-${i}`);
      const users = await Promise.all(names.map((name, i) => connect(deployment.door(i), name)));
      await deployment.redis.kill();
      const back = lasting(goneMs).then(() => deployment.redis.restart());
      await Promise.all(
        users.map((user, i) => keepAsking(user, { name: names[i] ?? "", until: back, codes, journal })),
      );
      for (const user of users) user.disconnect();
      deployment.check();
      return goneMs;
    },
  });
  expect(report).toMatchObject({ violations: [], logs: undefined });
  expect(codes).toContain("UNAVAILABLE");
  // Among the refused are sends of 90 s' trying, where Redis was gone for as long.
  for (const code of [...codes, ...Object.keys(report.refused)])
    expect(["ok", "UNAVAILABLE", "TIMEOUT"]).toContain(code);
});

interface Asking {
  readonly name: string;
  readonly until: Promise<void>;
  readonly codes: Set<string>;
  readonly journal: (op: Op) => void;
}

/** One request after the other, until `until` resolves; each must have an answer in time. */
async function keepAsking(user: Socket, asking: Asking): Promise<void> {
  const { until: end, codes } = asking;
  const state = { over: false };
  const ended = end.finally(() => (state.over = true));
  ended.catch(() => undefined);
  for (let i = 0; !state.over; i++) {
    codes.add(await send(user, `${asking.name}-${i}`, asking));
    codes.add(codeOf(await ask(user, "history:get", { room: "watched" })));
    codes.add(codeOf(await ask(user, "room:join", { room: `other-${i}` })));
    await lasting(400);
  }
  await ended;
}

/** Sends once, and has it in the journal, so that what came of it is checked with everything else. */
async function send(user: Socket, id: string, { name: sender, journal }: Asking): Promise<string> {
  const message = { room: "watched", id, text: "is anyone there" };
  journal({ op: "invoke", sender, kind: "message", ...message });
  const outcome = await ask(user, "message:send", message);
  if (outcome.kind === "error") journal({ op: "info", id, code: outcome.error.code });
  else if (isPosition(outcome.answer) && isTier(outcome.answer["durability"])) {
    const { epoch, seq, durability: tier } = outcome.answer;
    journal({ op: "ok", sender, room: message.room, id, tier, epoch, seq, attempt: 1, connection: sender });
  }
  return codeOf(outcome);
}

/** Rejects without an answer in time. */
async function ask(user: Socket, event: string, request: object): Promise<Outcome> {
  return readAnswer(await user.timeout(answerWithinMs).emitWithAck(event, request));
}

function codeOf(outcome: Outcome): string {
  return outcome.kind === "ok" ? "ok" : outcome.error.code;
}

async function connect(url: string, id: string): Promise<Socket> {
  const token = signTestToken(testSecret, { sub: id });
  const socket = io(`${url}/chat`, { path: "/rt", transports: ["websocket"], auth: { token }, forceNew: true });
  await until(() => socket.connected, { within: 10_000 });
  await until(async () => codeOf(await ask(socket, "room:join", { room: "watched" })) === "ok");
  return socket;
}
