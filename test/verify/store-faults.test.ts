import { afterAll, beforeAll, describe, test } from "vitest";
import type { FaultProxy } from "../harness/fault-proxy.ts";
import type { FaultScene } from "../harness/fault-run.ts";
import { holds } from "../harness/held-run.ts";
import { type MongoServer, startMongoServer } from "../harness/mongo-server.ts";
import { lasting, seeds } from "../harness/soak.ts";

let mongo: MongoServer;
beforeAll(async () => {
  mongo = await startMongoServer({ own: true });
});
afterAll(() => mongo.stop());

const outageMs = 12_000;

describe.each(seeds())(
  "with seed %i and appendfsync everysec, no acknowledged message is lost, doubled or out of place when",
  (seed) => {
    const during = (spoil: (link: FaultProxy, random: () => number) => void) => () =>
      holds({
        mongo,
        seed,
        fault: async ({ deployment: { flusherLinks }, random }: FaultScene) => {
          const { store } = flusherLinks;
          if (store === undefined) throw new Error("the flushers reach the database without a link");
          spoil(store, random);
          await lasting(outageMs);
          store.delay(0);
          store.heal();
          return outageMs;
        },
      });

    test(
      "the database answers the flushers late",
      during((link) => link.delay(400)),
    );

    test(
      "the database's answers are lost, so that flushers write again what is written",
      during((link, random) => link.loseAnswers(0.2, random)),
    );

    test(
      "only the flushers' requests to the database are held back",
      during((link) => link.silence("requests")),
    );

    test(
      "only the database's answers to the flushers are held back",
      during((link) => link.silence("answers")),
    );

    test(
      "the flushers' connections to the database are reset",
      during((link) => link.cut()),
    );
  },
);
