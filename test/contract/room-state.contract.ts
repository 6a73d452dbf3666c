import { afterEach, describe, expect, test } from "vitest";
import type { RoomRoster } from "../../src/gateway/room-roster.ts";
import type { SlowMode } from "../../src/gateway/slow-mode.ts";
import { until } from "../harness/until.ts";

export interface RoomStateUnderTest {
  /** Two gateways' views of the same rooms. */
  readonly rosters: readonly [RoomRoster, RoomRoster];
  readonly slowModes: readonly [SlowMode, SlowMode];
  close(): Promise<void>;
}

/** Makes what gateways keep together of rooms that nobody is in; a place lasts for this long, ms. */
export type MakeRoomState = (leaseMs: number) => Promise<RoomStateUnderTest>;

const long = 60_000;

/** What every implementation of the roster and of slow mode promises, by the words of the ports. */
export function roomStateContract(name: string, make: MakeRoomState): void {
  const open: RoomStateUnderTest[] = [];
  const build = async (leaseMs = long): Promise<RoomStateUnderTest> => {
    const made = await make(leaseMs);
    open.push(made);
    return made;
  };
  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.close()));
  });

  describe(`${name} as a roster`, () => {
    test("lets in as many users as there are places, over all gateways, and a user once", async () => {
      const { rosters } = await build();
      const [ours, theirs] = rosters;
      expect(await ours.enter("r", "ada", 2)).toBe(true);
      expect(await theirs.enter("r", "ada", 2)).toBe(true);
      expect(await theirs.enter("r", "bob", 2)).toBe(true);
      expect(await ours.enter("r", "carol", 2)).toBe(false);
      expect(await ours.enter("other", "carol", 2)).toBe(true);
    });

    test("of many who come at the same time exactly as many get in as there are places", async () => {
      const { rosters } = await build();
      const users = Array.from({ length: 40 }, (_, i) => `u${i}`);
      const answers = await Promise.all(users.map((user, i) => rosters[i % 2 === 0 ? 0 : 1].enter("r", user, 7)));
      expect(answers.filter(Boolean)).toHaveLength(7);
    });

    test("a place that is given up is free at once", async () => {
      const { rosters } = await build();
      const [ours, theirs] = rosters;
      await ours.enter("r", "ada", 1);
      await theirs.leave("r", "ada");
      await theirs.leave("r", "nobody");
      expect(await theirs.enter("r", "bob", 1)).toBe(true);
    });

    test("a place that nobody renews ends, one that is renewed does not", async () => {
      const { rosters } = await build(300);
      const [ours, theirs] = rosters;
      await ours.enter("r", "ada", 2);
      await ours.enter("r", "bob", 2);
      await until(
        async () => {
          await theirs.renew("r", ["bob"]);
          return await theirs.enter("r", "carol", 2);
        },
        { every: 20 },
      );
      expect(await theirs.enter("r", "dan", 2)).toBe(false);
    });

    test("whoever is in already has a place with the next renewal, also over the limit", async () => {
      const { rosters } = await build();
      await rosters[0].renew("r", ["ada", "bob", "carol"]);
      expect(await rosters[1].enter("r", "ada", 1)).toBe(true);
      expect(await rosters[1].enter("r", "dan", 3)).toBe(false);
      expect(await rosters[1].enter("r", "dan", 4)).toBe(true);
    });
  });

  describe(`${name} as slow mode`, () => {
    test("lets one message of a user pass in each interval, over all gateways, and says how long the next waits", async () => {
      const { slowModes } = await build();
      const [ours, theirs] = slowModes;
      const turn = { room: "r", user: "ada", everyMs: 30_000 };
      expect(await ours.take({ ...turn, id: "1" })).toBe(0);
      const wait = await theirs.take({ ...turn, id: "2" });
      expect(wait).toBeGreaterThan(15_000);
      expect(wait).toBeLessThanOrEqual(30_000);
    });

    test("the same message has its turn already; other users and rooms have turns of their own", async () => {
      const { slowModes } = await build();
      const [ours, theirs] = slowModes;
      const turn = { room: "r", user: "ada|r", id: "1", everyMs: 30_000 };
      expect(await ours.take(turn)).toBe(0);
      expect(await theirs.take(turn)).toBe(0);
      expect(await theirs.take({ ...turn, user: "ada", id: "2" })).toBe(0);
      expect(await theirs.take({ ...turn, room: "other", id: "2" })).toBe(0);
    });

    test("when the interval is over the next message passes", async () => {
      const { slowModes } = await build();
      const [ours, theirs] = slowModes;
      const turn = { room: "r", user: "ada", everyMs: 100 };
      expect(await ours.take({ ...turn, id: "1" })).toBe(0);
      await until(async () => (await theirs.take({ ...turn, id: "2" })) === 0, { every: 10 });
    });

    test("an interval that became shorter holds for a turn that was taken before", async () => {
      const { slowModes } = await build();
      const [ours] = slowModes;
      expect(await ours.take({ room: "r", user: "ada", id: "1", everyMs: 30_000 })).toBe(0);
      await until(async () => (await ours.take({ room: "r", user: "ada", id: "2", everyMs: 50 })) === 0, { every: 10 });
    });
  });
}
