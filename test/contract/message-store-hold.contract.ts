import { describe, expect, test } from "vitest";
import { isPlaceholder } from "../../src/chat/placeholder.ts";
import { type BuildStore, edit, everything, message, page, seqs } from "./message-store-fixtures.ts";

export function describeHolding(build: BuildStore): void {
  describe("holding a place", () => {
    test("a placeholder stands where the entry would have been, for the eye and for a catch-up", async () => {
      const store = await build();
      await store.write([message(1), message(3)]);
      await store.hold({ room: "r", epoch: "7", seq: 2, at: 9 });
      expect(seqs(await everything(store))).toEqual([1, 2, 3]);
      const [, held] = await page(store, { kinds: "shown" });
      expect(held).toMatchObject({ kind: "system", room: "r", epoch: "7", seq: 2, at: 9 });
      expect(held === undefined || isPlaceholder(held)).toBe(true);
      expect(held).not.toHaveProperty("text");
    });

    test("holding it again changes nothing", async () => {
      const store = await build();
      await store.hold({ room: "r", epoch: "7", seq: 2, at: 9 });
      const before = await everything(store);
      await store.hold({ room: "r", epoch: "8", seq: 2, at: 10 });
      expect(await everything(store)).toEqual(before);
    });

    test("a place that is taken is never overwritten", async () => {
      const store = await build();
      await store.write([message(1)]);
      await store.hold({ room: "r", epoch: "7", seq: 1, at: 9 });
      expect(await everything(store)).toEqual([message(1)]);
    });

    test.each([0, -1, 1.5])("nothing is held at %d, where there can be no entry", async (seq) => {
      const store = await build();
      await store.hold({ room: "r", epoch: "7", seq, at: 9 });
      expect(await everything(store)).toEqual([]);
      expect(await store.highest("r")).toBe(0);
    });

    test("the placeholder counts as the end of the room", async () => {
      const store = await build();
      await store.hold({ room: "r", epoch: "7", seq: 4, at: 9 });
      expect(await store.highest("r")).toBe(4);
    });

    test("it gives way to the entry that belongs there, with the changes that came meanwhile", async () => {
      const store = await build();
      await store.hold({ room: "r", epoch: "7", seq: 1, at: 9 });
      await store.write([edit(2, 1, "edited")]);
      expect(await store.write([message(1)])).toEqual([]);
      expect(await everything(store)).toEqual([
        message(1, { text: "edited", edited: { seq: 2, at: 1_002 } }),
        edit(2, 1, "edited"),
      ]);
      await store.hold({ room: "r", epoch: "7", seq: 1, at: 9 });
      expect((await everything(store))[0]).toMatchObject({ id: "m1" });
    });

    test("a place for which only a change came can be held", async () => {
      const store = await build();
      await store.write([edit(2, 1)]);
      await store.hold({ room: "r", epoch: "7", seq: 1, at: 9 });
      expect(await everything(store)).toMatchObject([{ seq: 1, kind: "system" }, edit(2, 1)]);
    });
  });
}
