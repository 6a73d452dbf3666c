import { afterEach, beforeEach, describe } from "vitest";
import type { HighestStored } from "../../src/write-behind/index.ts";
import { describeAppending } from "./message-log-append.contract.ts";
import { describeDraining } from "./message-log-drain.contract.ts";
import { describeErasing } from "./message-log-erase.contract.ts";
import { describeFeeding } from "./message-log-feed.contract.ts";
import type { Build, LogUnderTest, MakeLog } from "./message-log-fixtures.ts";
import { describeReading } from "./message-log-read.contract.ts";
import { describeTiers } from "./message-log-tiers.contract.ts";

/** What every implementation of the message log promises, by the words of the ports. */
export function messageLogContract(name: string, makeLog: MakeLog): void {
  describe(`${name} as a message log`, () => {
    let made: LogUnderTest[] = [];
    const build: Build = async (settings) => {
      const highestStored: HighestStored = () => Promise.resolve(0);
      const one = await makeLog({ partitions: 1, highWatermark: 1_000, tail: 5, highestStored, ...settings });
      made.push(one);
      return one.log;
    };
    beforeEach(() => {
      made = [];
    });
    afterEach(async () => {
      await Promise.all(made.map((one) => one.close()));
    });
    describeAppending(build);
    describeTiers(() => made[0]?.safest, build);
    describeReading(build);
    describeFeeding(build);
    describeDraining(build);
    describeErasing(build);
  });
}
