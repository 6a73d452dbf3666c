import { afterAll, beforeAll, expect, test } from "vitest";
import { checkTrims } from "../harness/checker-trims.ts";
import { fork, invariantsOf, outage, staleTrims } from "../harness/flaw-scenes.ts";
import { type MongoServer, startMongoServer } from "../harness/mongo-server.ts";

/* That the checker finds nothing where the flusher is sound is in test/verify/sound-flushers.test.ts. */

let mongo: MongoServer;
beforeAll(async () => {
  mongo = await startMongoServer();
});
afterAll(() => mongo.stop());

test("a flusher that trims before it writes loses acknowledged messages when the database is away, and the checker finds it", async () => {
  expect(invariantsOf(await outage(mongo, "trim-before-write"))).toContain("I1");
});

test("a flusher that takes every duplicate key for its own loses what shares its place with another message without a trace, and the checker finds it", async () => {
  const { report, lost, aside } = await fork(mongo, "ignore-duplicates");
  expect(invariantsOf(report)).toContain("I1");
  expect(lost.length).toBeGreaterThan(0);
  expect(aside).toEqual(new Set());
});

test("a flusher without a fence trims in the name of a term that is over, and the checker finds it", async () => {
  const trims = await staleTrims(mongo, "no-fence");
  expect(checkTrims(trims).map(({ invariant }) => invariant)).toContain("I8");
});
