import { afterEach, describe, expect, test } from "vitest";
import type { Fleet, GatewayLoad } from "../../src/gateway/fleet.ts";
import { until } from "../harness/until.ts";

export interface FleetsUnderTest {
  /** Two gateways' views of the same fleet. */
  readonly ours: Fleet;
  readonly theirs: Fleet;
  close(): Promise<void>;
}

/** Makes a fleet without gateways, which remembers a silent one for this long, ms. */
export type MakeFleets = (memoryMs: number) => Promise<FleetsUnderTest>;

const long = 60_000;

function sorted(loads: readonly GatewayLoad[]): readonly GatewayLoad[] {
  return loads.toSorted((a, b) => a.gateway.localeCompare(b.gateway));
}

/** What every implementation of the fleet promises, by the words of the port. */
export function fleetContract(name: string, makeFleets: MakeFleets): void {
  describe(`${name} as a fleet`, () => {
    const open: FleetsUnderTest[] = [];
    const build = async (memoryMs: number): Promise<FleetsUnderTest> => {
      const made = await makeFleets(memoryMs);
      open.push(made);
      return made;
    };
    afterEach(async () => {
      await Promise.all(open.splice(0).map((one) => one.close()));
    });

    test("the first to report sees itself alone", async () => {
      const { ours } = await build(long);
      expect(await ours.report({ gateway: "a", connections: 7 })).toEqual([{ gateway: "a", connections: 7 }]);
    });

    test("everyone sees what each said last", async () => {
      const { ours, theirs } = await build(long);
      await ours.report({ gateway: "a", connections: 7 });
      await theirs.report({ gateway: "b", connections: 0 });
      const loads = await ours.report({ gateway: "a", connections: 5 });
      expect(sorted(loads)).toEqual([
        { gateway: "a", connections: 5 },
        { gateway: "b", connections: 0 },
      ]);
      expect(sorted(await theirs.report({ gateway: "b", connections: 0 }))).toEqual(sorted(loads));
    });

    test("a gateway may say which policies it applies", async () => {
      const { ours, theirs } = await build(long);
      await ours.report({ gateway: "a", connections: 7, policies: 1_700_000_000_000 });
      expect(sorted(await theirs.report({ gateway: "b", connections: 1 }))).toEqual([
        { gateway: "a", connections: 7, policies: 1_700_000_000_000 },
        { gateway: "b", connections: 1 },
      ]);
    });

    test("one that has left is gone at once, and leaving twice does no harm", async () => {
      const { ours, theirs } = await build(long);
      await theirs.report({ gateway: "b", connections: 3 });
      await theirs.leave("b");
      await theirs.leave("b");
      expect(await ours.report({ gateway: "a", connections: 1 })).toEqual([{ gateway: "a", connections: 1 }]);
    });

    test("one that says nothing any more is forgotten, one that goes on is not", async () => {
      const { ours, theirs } = await build(200);
      await theirs.report({ gateway: "b", connections: 3 });
      expect(await ours.report({ gateway: "a", connections: 1 })).toHaveLength(2);
      await until(async () => (await ours.report({ gateway: "a", connections: 1 })).length === 1, { every: 20 });
    });
  });
}
