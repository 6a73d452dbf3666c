import { expect, test } from "vitest";
import { flushBatch } from "../../../src/flusher/flush-batch.ts";
import { silentLogger } from "../../../src/telemetry/logger.ts";
import type { StoredRoom } from "../../../src/write-behind/index.ts";
import { wrapDrainer } from "../../harness/wrap-drainer.ts";
import { FlusherRig } from "./flusher-rig.ts";

test("each room of a batch is stored up to its highest seq, in whatever order the batch has its entries", async () => {
  const rig = new FlusherRig();
  await rig.fill(3, "a");
  await rig.fill(2, "b");
  const marked: StoredRoom[] = [];
  const drainer = wrapDrainer(rig.log, {
    trim: async ({ rooms }) => {
      marked.push(...rooms);
      return true;
    },
  });
  const batch = (await rig.log.read(0, 10)).toReversed();
  const deps = { drainer, writer: rig.store, logger: silentLogger, metrics: rig.metrics };
  expect(await flushBatch(deps, { partition: 0, token: 1, batch })).toBe("done");
  expect(marked.toSorted((a, b) => a.room.localeCompare(b.room))).toEqual([
    { room: "a", seq: 3 },
    { room: "b", seq: 2 },
  ]);
});
