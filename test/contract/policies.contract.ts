import { afterEach, describe, expect, test } from "vitest";
import { documentOf, type PolicyDocument, policyLimits } from "../../src/chat/room-policy.ts";
import type { PolicyPublisher, PolicySource } from "../../src/policies/index.ts";
import { until } from "../harness/until.ts";

export interface PoliciesUnderTest {
  readonly publisher: PolicyPublisher;
  /** Two readers' views of what is published. */
  readonly ours: PolicySource;
  readonly theirs: PolicySource;
  close(): Promise<void>;
}

export type MakePolicies = () => Promise<PoliciesUnderTest>;

function slow(slowModeSeconds: number): PolicyDocument {
  return documentOf([{ name: "slow", createdAt: 0, spec: { rooms: ["team:*", "**"], slowModeSeconds } }]);
}

/** What every implementation of source and publisher promises, by the words of the ports. */
export function policiesContract(name: string, makePolicies: MakePolicies): void {
  describe(`${name} as policies`, () => {
    const open: PoliciesUnderTest[] = [];
    const build = async (): Promise<PoliciesUnderTest> => {
      const made = await makePolicies();
      open.push(made);
      return made;
    };
    afterEach(async () => {
      await Promise.all(open.splice(0).map((one) => one.close()));
    });

    test("where nothing was published there is nothing to read", async () => {
      const { ours } = await build();
      expect(await ours.read(0)).toBeUndefined();
    });

    test("every reader gets what was published last, once it asks for more than it has", async () => {
      const { publisher, ours, theirs } = await build();
      const first = await publisher.publish(slow(1));
      expect(await ours.read(0)).toEqual({ revision: first, document: slow(1) });
      expect(await ours.read(first)).toBeUndefined();
      const second = await publisher.publish(slow(2));
      expect(second).toBeGreaterThan(first);
      for (const reader of [ours, theirs])
        expect(await reader.read(first)).toEqual({ revision: second, document: slow(2) });
    });

    test("the same again has the revision that it had, and going back to an older one is a new revision", async () => {
      const { publisher, ours } = await build();
      const first = await publisher.publish(slow(1));
      expect(await publisher.publish(slow(1))).toBe(first);
      const second = await publisher.publish({ rules: [] });
      const third = await publisher.publish(slow(1));
      expect([second > first, third > second]).toEqual([true, true]);
      expect(await ours.read(second)).toEqual({ revision: third, document: slow(1) });
    });

    test("a reader is told of what is published", async () => {
      const { publisher, ours, theirs } = await build();
      const told = { ours: 0, theirs: 0 };
      ours.onPublished(() => void (told.ours += 1));
      theirs.onPublished(() => void (told.theirs += 1));
      await until(async () => {
        await publisher.publish(slow(1));
        await publisher.publish(slow(2));
        return told.ours > 0 && told.theirs > 0;
      });
    });

    test("of what is published at the same time each has a revision of its own, and the highest is what is read", async () => {
      const { publisher, ours } = await build();
      const revisions = await Promise.all([1, 2, 3, 4].map((seconds) => publisher.publish(slow(seconds))));
      expect(new Set(revisions).size).toBe(4);
      const last = Math.max(...revisions);
      expect(await ours.read(0)).toEqual({ revision: last, document: slow(revisions.indexOf(last) + 1) });
    });

    test("a document that is too large is refused, and the one before stays", async () => {
      const { publisher, ours } = await build();
      const revision = await publisher.publish(slow(1));
      const large = { rules: [{ room: "a", policy: "x".repeat(policyLimits.bytes), settings: {} }] };
      await expect(publisher.publish(large)).rejects.toThrow(RangeError);
      expect(await ours.read(0)).toEqual({ revision, document: slow(1) });
    });
  });
}
