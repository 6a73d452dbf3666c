import { describe, expect, test } from "vitest";
import { type BuildStore, edit, everything, message, page, seqs } from "./message-store-fixtures.ts";

const lost = { room: "r", epoch: "8", after: 2, upTo: 5, at: 2_000 } as const;

export function describeClosing(build: BuildStore): void {
  describe("closing lost places", () => {
    test("an entry that comes late to a closed place is refused as a conflict, and the rest of its batch is stored", async () => {
      const store = await build();
      await store.write([message(1), message(2)]);
      expect(await store.closeLost(lost)).toBe(3);
      const refused = await store.write([message(2), message(3), message(4), message(6)]);
      expect(refused.map(({ entry, reason }) => [entry.seq, reason])).toEqual([
        [3, "conflict"],
        [4, "conflict"],
      ]);
      expect(seqs(await everything(store))).toEqual([1, 2, 6]);
    });

    test("what came before keeps its place", async () => {
      const store = await build();
      await store.write([message(3), message(5)]);
      expect(await store.closeLost(lost)).toBe(1);
      expect(await everything(store)).toEqual([message(3), message(5)]);
      expect(await store.write([message(3), message(5)])).toEqual([]);
    });

    test("readers find nothing in closed places, for the eye and for a catch-up", async () => {
      const store = await build();
      await store.closeLost(lost);
      await store.write([message(6)]);
      for (const kinds of ["shown", "all"] as const) {
        expect(seqs(await page(store, { kinds }))).toEqual([6]);
        expect(seqs(await page(store, { kinds, keep: "newest", limit: 2 }))).toEqual([6]);
      }
    });

    test("they count as the end of the room", async () => {
      const store = await build();
      await store.write([message(1)]);
      await store.closeLost(lost);
      expect(await store.highest("r")).toBe(5);
      expect(await store.rooms("", 10)).toEqual(["r"]);
    });

    test("closing them again changes nothing, and no place after them is closed", async () => {
      const store = await build();
      await store.closeLost(lost);
      expect(await store.closeLost({ ...lost, epoch: "9" })).toBe(0);
      expect(await store.closeLost({ ...lost, after: 5 })).toBe(0);
      expect(await store.write([message(6)])).toEqual([]);
    });

    test("a place for which only a change came can be closed", async () => {
      const store = await build();
      await store.write([edit(6, 3)]);
      expect(await store.closeLost(lost)).toBe(3);
      expect(await store.write([message(3)])).toMatchObject([{ reason: "conflict" }]);
      expect(seqs(await everything(store))).toEqual([6]);
    });

    test("more places than fit one command are closed", async () => {
      const store = await build();
      expect(await store.closeLost({ ...lost, upTo: 2_502 })).toBe(2_500);
      expect(await store.highest("r")).toBe(2_502);
      expect(await store.write([message(2_502), message(2_503)])).toMatchObject([{ entry: { seq: 2_502 } }]);
    });
  });
}
