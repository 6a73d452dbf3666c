import { expect, test } from "vitest";
import { OpenRequests } from "../../../src/client/open-requests.ts";
import type { Wire } from "../../../src/client/wire.ts";
import { ChatError } from "../../../src/protocol/errors.ts";
import { CountingClock } from "../../harness/counting-clock.ts";

type Answered = (answer: unknown) => void;

/** Requests over a wire that hands its answers to the test. */
function setUp() {
  const clock = new CountingClock();
  const answers: Answered[] = [];
  const wire: Wire = {
    emit: (_event, _payload, answered) => void (answered !== undefined && answers.push(answered)),
    close: () => undefined,
  };
  return { clock, answers, wire, requests: new OpenRequests(clock, 1_000) };
}

const ask = ({ requests, wire }: ReturnType<typeof setUp>, onLate?: () => void): Promise<unknown> =>
  requests.ask(wire, "room:leave", { room: "r" }, onLate).catch((error: unknown) => error);

test("a request that has ended leaves no timer behind, whether by its answer, by its time or with the connection", async () => {
  const rig = setUp();
  const answered = ask(rig);
  expect(rig.clock.timers).toBe(1);
  rig.answers[0]?.({ ok: true });
  await answered;
  expect(rig.clock.timers).toBe(0);
  const late = ask(rig);
  await rig.clock.advance(1_000);
  expect(await late).toMatchObject({ code: "TIMEOUT" });
  const lost = ask(rig);
  rig.requests.end(new ChatError("UNAVAILABLE", "the connection was lost"));
  expect(await lost).toMatchObject({ code: "UNAVAILABLE" });
  expect(rig.clock.timers).toBe(0);
});

test("an answer that comes after its time is handed over as late, once", async () => {
  const rig = setUp();
  let told = 0;
  const asked = ask(rig, () => void (told += 1));
  await rig.clock.advance(1_000);
  expect(await asked).toMatchObject({ code: "TIMEOUT" });
  rig.answers[0]?.({ ok: true });
  expect(told).toBe(1);
});
