import { afterAll, beforeAll, expect, test } from "vitest";
import { checkTrims } from "../harness/checker-trims.ts";
import { fork, invariantsOf, outage, staleTrims } from "../harness/flaw-scenes.ts";
import { type MongoServer, startMongoServer } from "../harness/mongo-server.ts";

/* The scenes of test/system/planted-bugs.test.ts, with a flusher that has none of the bugs. */

let mongo: MongoServer;
beforeAll(async () => {
  mongo = await startMongoServer();
});
afterAll(() => mongo.stop());

test("a flusher that trims before it writes is told from one that writes first", async () => {
  expect(await outage(mongo, "none")).toMatchObject({ violations: [] });
});

test("a flusher that takes every duplicate key for its own is told from one that puts such a message aside", async () => {
  const { report, lost, aside } = await fork(mongo, "none");
  expect(invariantsOf(report)).toContain("I1");
  expect(lost.length).toBeGreaterThan(0);
  expect([...aside].sort()).toEqual(lost);
});

test("a flusher without a fence is told from one with a fence", async () => {
  expect(checkTrims(await staleTrims(mongo, "none"))).toEqual([]);
});
