import { afterEach, beforeEach, describe } from "vitest";
import { describeClosing } from "./message-store-close.contract.ts";
import type { BuildStore, MakeStore, StoreUnderTest } from "./message-store-fixtures.ts";
import { describeFolding } from "./message-store-fold.contract.ts";
import { describeHistory } from "./message-store-history.contract.ts";
import { describeHolding } from "./message-store-hold.contract.ts";
import { describeStoreReading } from "./message-store-read.contract.ts";
import { describeWriting } from "./message-store-write.contract.ts";

/**
 * What every implementation of the message store promises, by the words of the ports.
 * `histories`: how many random ones to try; fewer where a store is slow.
 */
export function messageStoreContract(name: string, makeStore: MakeStore, { histories = 300 } = {}): void {
  describe(`${name} as a message store`, () => {
    let made: StoreUnderTest[] = [];
    const build: BuildStore = async () => {
      const one = await makeStore();
      made.push(one);
      return one.store;
    };
    beforeEach(() => {
      made = [];
    });
    afterEach(async () => {
      await Promise.all(made.map((one) => one.close()));
    });
    describeWriting(build);
    describeFolding(build);
    describeHistory(build, histories);
    describeHolding(build);
    describeClosing(build);
    describeStoreReading(build);
  });
}
