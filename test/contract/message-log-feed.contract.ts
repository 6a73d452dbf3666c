import { describe, expect, test } from "vitest";
import { type Build, fill, message, recorder, seqs, span } from "./message-log-fixtures.ts";

export function describeFeeding(build: Build): void {
  describe("the feed", () => {
    test("has everything that is published once the subscription resolved", async () => {
      const log = await build();
      await fill(log, "r", 2, "before");
      const heard = recorder();
      await log.subscribe("r", heard);
      await fill(log, "r", 3);
      await expect.poll(() => seqs(heard.entries)).toEqual([3, 4, 5]);
      expect(heard.entries[0]).toMatchObject(message("r", "m1"));
    });

    test("has the entries in the order of their seqs, each once, when many append at the same time", async () => {
      const log = await build();
      const heard = recorder();
      await log.subscribe("r", heard);
      await Promise.all(span(1, 200).map((i) => log.append(message("r", `m${i}`))));
      await expect.poll(() => heard.entries.length).toBe(200);
      expect(seqs(heard.entries)).toEqual(span(1, 200));
    });

    test("has the same entry that a range read has", async () => {
      const log = await build();
      const heard = recorder();
      await log.subscribe("r", heard);
      await fill(log, "r", 1);
      await expect.poll(() => heard.entries).toEqual(await log.range("r", { after: 0, limit: 1 }));
    });

    test("of one room has nothing of another", async () => {
      const log = await build();
      const here = recorder();
      const there = recorder();
      await log.subscribe("here", here);
      await log.subscribe("there", there);
      await fill(log, "there", 2);
      await fill(log, "here", 1);
      await expect.poll(() => here.entries.length + there.entries.length).toBe(3);
      expect(here.entries.map((entry) => entry.room)).toEqual(["here"]);
    });

    test("is silent after unsubscribing, and lives again after subscribing again", async () => {
      const log = await build();
      const first = recorder();
      const second = recorder();
      await log.subscribe("r", first);
      await fill(log, "r", 1, "a");
      await expect.poll(() => first.entries.length).toBe(1);
      await log.unsubscribe("r");
      await fill(log, "r", 1, "b");
      await log.subscribe("r", second);
      await fill(log, "r", 1, "c");
      await expect.poll(() => seqs(second.entries)).toEqual([3]);
      expect(seqs(first.entries)).toEqual([1]);
    });

    test("unsubscribing from a room that nobody subscribed to does nothing", async () => {
      const log = await build();
      await expect(log.unsubscribe("r")).resolves.toBeUndefined();
    });

    test("tells which entries of a batch were put aside", async () => {
      const log = await build();
      const heard = recorder();
      await log.subscribe("r", heard);
      await fill(log, "r", 4);
      const trim = async (seq: number, putAside?: readonly number[]): Promise<void> => {
        const upTo = (await log.read(0, 10)).find(({ entry }) => entry?.seq === seq)?.cursor ?? "";
        const room = { room: "r", seq, ...(putAside === undefined ? {} : { putAside }) };
        await log.trim({ partition: 0, token: 1, upTo, rooms: [room] });
      };
      await trim(1);
      await trim(4, [2, 4]);
      await expect.poll(() => heard.batches.length).toBe(2);
      expect(heard.batches.map((batch) => batch?.putAside)).toEqual([[], [2, 4]]);
      expect(heard.batches[1]?.after).toBeLessThanOrEqual(1);
    });

    test("tells when entries have reached the store", async () => {
      const log = await build();
      const heard = recorder();
      await log.subscribe("r", heard);
      await fill(log, "r", 3);
      const upTo = (await log.read(0, 2)).at(-1)?.cursor ?? "";
      await log.trim({ partition: 0, token: 1, upTo, rooms: [{ room: "r", seq: 2 }] });
      const { epoch } = await log.head("r");
      await expect.poll(() => heard.marks).toEqual([{ epoch, seq: 2 }]);
      expect(seqs(heard.entries)).toEqual([1, 2, 3]);
    });
  });
}
