import { afterEach, describe, expect, test } from "vitest";
import type { Lease, LeaseClaim } from "../../src/leadership/lease.ts";

export interface LeasesUnderTest {
  /** Two processes' views of the same record. */
  readonly ours: Lease;
  readonly theirs: Lease;
  close(): Promise<void>;
}

/** Makes a record that was never written. */
export type MakeLeases = () => Promise<LeasesUnderTest>;

function claim(holder: string, transitions: number): LeaseClaim {
  return { holder, transitions, durationMs: 6_000 };
}

/** What every implementation of the lease promises, by the words of the port. */
export function leaseContract(name: string, makeLeases: MakeLeases): void {
  describe(`${name} as a lease`, () => {
    const open: LeasesUnderTest[] = [];
    const build = async (): Promise<LeasesUnderTest> => {
      const made = await makeLeases();
      open.push(made);
      return made;
    };
    afterEach(async () => {
      await Promise.all(open.splice(0).map((one) => one.close()));
    });

    test("there is none at first", async () => {
      const { ours } = await build();
      expect(await ours.read()).toBeUndefined();
    });

    test("the first write creates it, and everyone reads what was written", async () => {
      const { ours, theirs } = await build();
      const written = await ours.write(claim("a", 1), undefined);
      expect(written).toMatchObject(claim("a", 1));
      expect(await ours.read()).toEqual(written);
      expect(await theirs.read()).toEqual(written);
    });

    test("a second creation comes too late and changes nothing", async () => {
      const { ours, theirs } = await build();
      const written = await ours.write(claim("a", 1), undefined);
      expect(await theirs.write(claim("b", 1), undefined)).toBeUndefined();
      expect(await theirs.read()).toEqual(written);
    });

    test("a write at the version that stands replaces the record and changes its version", async () => {
      const { ours, theirs } = await build();
      const first = await ours.write(claim("a", 1), undefined);
      const second = await theirs.write(claim("b", 2), first?.version);
      expect(second).toMatchObject(claim("b", 2));
      expect(second?.version).not.toBe(first?.version);
      expect(await ours.read()).toEqual(second);
    });

    test("the same record written again has another version", async () => {
      const { ours } = await build();
      const first = await ours.write(claim("a", 1), undefined);
      const second = await ours.write(claim("a", 1), first?.version);
      expect(second?.version).not.toBe(first?.version);
    });

    test("a write at an old version changes nothing", async () => {
      const { ours, theirs } = await build();
      const first = await ours.write(claim("a", 1), undefined);
      const second = await theirs.write(claim("b", 2), first?.version);
      expect(await ours.write(claim("a", 3), first?.version)).toBeUndefined();
      expect(await ours.read()).toEqual(second);
    });

    test("a write at a version of a record that never was changes nothing", async () => {
      const { ours } = await build();
      expect(await ours.write(claim("a", 1), "7")).toBeUndefined();
      expect(await ours.read()).toBeUndefined();
    });

    test("of many who write at the same version one succeeds", async () => {
      const { ours, theirs } = await build();
      const first = await ours.write(claim("a", 1), undefined);
      const names = ["b", "c", "d", "e", "f", "g"];
      const results = await Promise.all(
        names.map((holder, i) => (i % 2 === 0 ? ours : theirs).write(claim(holder, 2), first?.version)),
      );
      const [winner, ...others] = results.filter((result) => result !== undefined);
      expect(others).toEqual([]);
      expect(await ours.read()).toEqual(winner);
    });

    test("a released lease stays, with no holder, and keeps its transitions", async () => {
      const { ours, theirs } = await build();
      const first = await ours.write(claim("a", 7), undefined);
      await ours.write(claim("", 7), first?.version);
      expect(await theirs.read()).toMatchObject(claim("", 7));
    });
  });
}
