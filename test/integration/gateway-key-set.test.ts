import { expect, test } from "vitest";
import { type Issuer, startIssuer } from "../harness/key-set-issuer.ts";

const hourMs = 3_600_000;
const minuteMs = 60_000;

/** Shows a forged token with a key id of its own each second of an outage. Returns at which second the issuer was asked. */
async function fetchTimes(issuer: Issuer, seconds: number): Promise<number[]> {
  const times: number[] = [];
  for (let second = 0; second < seconds; second++) {
    const before = issuer.fetches();
    const forged = [0, 1, 2].map((i) => issuer.sign("one", { kid: `forged-${second}-${i}` }));
    const answers = await Promise.allSettled(forged.map(async (token) => issuer.verifier.verify(await token)));
    for (const answer of answers) expect(answer).toMatchObject({ status: "rejected", reason: { code: "UNAVAILABLE" } });
    if (issuer.fetches() > before) times.push(second);
    expect(issuer.fetches() - before).toBeLessThanOrEqual(1);
    await issuer.clock.advance(1_000);
  }
  return times;
}

test("tokens verify against a fetched key set, which is fetched once", async () => {
  await using issuer = await startIssuer();
  issuer.rotate("one");
  issuer.rotate("two");
  const tokens = [await issuer.sign("one"), await issuer.sign("two"), await issuer.sign("two", {})];
  for (const token of tokens) expect(await issuer.verifier.verify(token)).toMatchObject({ id: "alice" });
  expect(issuer.fetches()).toBe(1);
  expect(issuer.told).toEqual(["ok"]);
});

test("forged key ids do not make the issuer be asked again and again", async () => {
  await using issuer = await startIssuer();
  issuer.rotate("one");
  await issuer.verifier.verify(await issuer.sign("one"));
  for (let i = 0; i < 20; i++) {
    const forged = await issuer.sign("one", { kid: `forged${i}` });
    await expect(issuer.verifier.verify(forged)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  }
  expect(issuer.fetches()).toBe(1);
});

test("while the key set can't be fetched, nobody is told that his token is bad", async () => {
  await using issuer = await startIssuer();
  issuer.rotate("one");
  const token = await issuer.sign("one");
  await issuer.stop();
  await expect(issuer.verifier.verify(token)).rejects.toMatchObject({ code: "UNAVAILABLE", retryAfterMs: 2_000 });
  expect(issuer.told).toEqual(["failed"]);
});

test("tokens of known keys are taken for a day while the key set is away, counted, and asked for seldom", async () => {
  await using issuer = await startIssuer();
  issuer.rotate("one");
  const token = await issuer.sign("one");
  await issuer.verifier.verify(token);
  await issuer.stop();
  for (let minutes = 0; minutes < 23 * 60; minutes += 11) {
    await issuer.clock.advance(11 * minuteMs);
    for (let i = 0; i < 5; i++) expect(await issuer.verifier.verify(token)).toMatchObject({ id: "alice" });
  }
  expect(issuer.stale()).toBe(issuer.told.filter((result) => result === "failed").length * 5);
  await issuer.clock.advance(2 * hourMs);
  await expect(issuer.verifier.verify(token)).rejects.toMatchObject({ code: "UNAVAILABLE", retryAfterMs: 2_000 });
});

test.each([
  { status: 500, body: "{}" },
  { status: 200, body: "<html>" },
  { status: 200, body: '{"keys":7}' },
  { status: 302, body: "" },
])("a key set that answers %j does not replace the last good one", async (failure) => {
  await using issuer = await startIssuer();
  issuer.rotate("one");
  const token = await issuer.sign("one");
  await issuer.verifier.verify(token);
  issuer.answerWith(failure);
  await issuer.clock.advance(10 * minuteMs);
  expect(await issuer.verifier.verify(token)).toMatchObject({ id: "alice" });
  expect(issuer.told).toEqual(["ok", "failed"]);
});

test("a token of a new key is told to come back while the key set is away, and is taken when it is there again", async () => {
  await using issuer = await startIssuer();
  issuer.rotate("one");
  await issuer.verifier.verify(await issuer.sign("one"));
  issuer.rotate("two");
  const token = await issuer.sign("two");
  issuer.answerWith({ status: 503, body: "" });
  await issuer.clock.advance(minuteMs);
  for (let i = 0; i < 20; i++)
    await expect(issuer.verifier.verify(token)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(issuer.fetches()).toBe(2);
  issuer.answerWith();
  await issuer.clock.advance(minuteMs / 2);
  expect(await issuer.verifier.verify(token)).toMatchObject({ id: "alice" });
  expect(issuer.stale()).toBe(0);
});

test("a key that its issuer took away is refused ten minutes later, and at once after an outage", async () => {
  await using issuer = await startIssuer();
  for (const kid of ["one", "two"]) issuer.rotate(kid);
  const token = await issuer.sign("one");
  await issuer.verifier.verify(token);
  issuer.revoke("one");
  await issuer.clock.advance(10 * minuteMs - 1);
  expect(await issuer.verifier.verify(token)).toMatchObject({ id: "alice" });
  issuer.answerWith({ status: 503, body: "" });
  await issuer.clock.advance(1);
  expect(await issuer.verifier.verify(token)).toMatchObject({ id: "alice" });
  issuer.answerWith();
  await issuer.clock.advance(minuteMs / 2);
  await expect(issuer.verifier.verify(token)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
});

test("a gateway without any keys asks again after two seconds, not for each token", async () => {
  await using issuer = await startIssuer();
  issuer.rotate("one");
  const token = await issuer.sign("one");
  issuer.answerWith({ status: 503, body: "" });
  const all = await Promise.allSettled(Array.from({ length: 20 }, () => issuer.verifier.verify(token)));
  expect(all.every(({ status }) => status === "rejected")).toBe(true);
  issuer.answerWith();
  await issuer.clock.advance(1_999);
  await expect(issuer.verifier.verify(token)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(issuer.fetches()).toBe(1);
  await issuer.clock.advance(1);
  expect(await issuer.verifier.verify(token)).toMatchObject({ id: "alice" });
});

test("forged tokens ask a key set that fails after pauses that double up to half a minute, and a good answer ends them", async () => {
  await using issuer = await startIssuer();
  issuer.rotate("one");
  issuer.answerWith({ status: 500, body: "" });
  expect(await fetchTimes(issuer, 125)).toEqual([0, 2, 6, 14, 30, 60, 90, 120]);
  issuer.answerWith();
  await issuer.clock.advance(30_000);
  expect(await issuer.verifier.verify(await issuer.sign("one"))).toMatchObject({ id: "alice" });
  issuer.answerWith({ status: 500, body: "" });
  await issuer.clock.advance(24 * hourMs);
  expect(await fetchTimes(issuer, 8)).toEqual([0, 2, 6]);
});

test("while known keys are in use, forged tokens ask a key set that fails after pauses that double up to five minutes", async () => {
  await using issuer = await startIssuer();
  issuer.rotate("one");
  await issuer.verifier.verify(await issuer.sign("one"));
  issuer.answerWith({ status: 500, body: "" });
  await issuer.clock.advance(30_000);
  expect(await fetchTimes(issuer, 560)).toEqual([0, 30, 90, 210, 450]);
  expect(await issuer.verifier.verify(await issuer.sign("one"))).toMatchObject({ id: "alice" });
});

test("gateways ask a key set that fails at different times", async () => {
  await using early = await startIssuer(() => 0);
  await using late = await startIssuer(() => 0.99);
  for (const issuer of [early, late]) {
    issuer.rotate("one");
    issuer.answerWith({ status: 500, body: "" });
  }
  expect(await fetchTimes(early, 32)).toEqual([0, 1, 3, 7, 15, 30]);
  expect(await fetchTimes(late, 32)).toEqual([0, 2, 6, 14, 30]);
});

test.each(["identity", "gzip"] as const)(
  "a key set of more than 1 MiB is not read to its end and counts as failed: %s",
  async (coding) => {
    await using issuer = await startIssuer();
    issuer.rotate("one");
    const token = await issuer.sign("one");
    const most = issuer.pad(1_048_576, coding);
    expect(await issuer.verifier.verify(token)).toMatchObject({ id: "alice" });
    expect(most()).toBeLessThanOrEqual(1_048_576);
    const sent = issuer.pad(64 * 1_048_576, coding);
    await issuer.clock.advance(10 * minuteMs);
    expect(await issuer.verifier.verify(token)).toMatchObject({ id: "alice" });
    expect(issuer.told).toEqual(["ok", "failed"]);
    expect(sent()).toBeLessThan(16 * 1_048_576);
  },
);
