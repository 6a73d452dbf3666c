import fc from "fast-check";
import { expect, test } from "vitest";
import { keptEntries, plan, processesOfRoom } from "../../../capacity/model.ts";
import { limits } from "../../../capacity/parts.ts";
import { podSizes } from "../../../capacity/pod-size.ts";
import { anyCosts, madeUpCosts } from "./made-up.ts";

const anyQuestion = fc.record({
  connections: fc.integer({ min: 1_000, max: 500_000 }),
  size: fc.constantFrom(...podSizes),
  workload: fc.record({
    name: fc.constant("any"),
    meaning: fc.constant("any"),
    messagesPerHour: fc.double({ min: 0.5, max: 30, noNaN: true }),
    membersEach: fc.integer({ min: 2, max: 50 }),
    roomsEach: fc.integer({ min: 1, max: 50 }),
  }),
});

test("what is planned adds up", () => {
  fc.assert(
    fc.property(anyCosts, anyQuestion, (costs, question) => {
      const need = plan(costs, question);
      const { connections, size, workload } = question;
      expect(need.deliveriesPerSecond).toBeCloseTo(need.messagesPerSecond * workload.membersEach);
      expect(need.connectionsPerPod * need.pods).toBeCloseTo(connections, 0);
      expect(need.gatewayCores).toBeLessThanOrEqual(need.pods * size.cores * limits.gatewayCpu * 1.000_001);
      const memory = size.workers * costs.gateway.processBytes + need.connectionsPerPod * costs.gateway.connectionBytes;
      expect(memory).toBeLessThanOrEqual(size.memoryBytes * limits.gatewayMemory * 1.000_001);
      expect(need.first.share).toBe(Math.max(...need.uses.map(({ share }) => share)));
    }),
  );
});

test("more connections, or more messages of each, never need less of anything", () => {
  fc.assert(
    fc.property(anyCosts, anyQuestion, fc.double({ min: 1, max: 4, noNaN: true }), (costs, question, more) => {
      const messagesPerHour = question.workload.messagesPerHour * more;
      const larger = [
        { ...question, connections: Math.ceil(question.connections * more) },
        { ...question, workload: { ...question.workload, messagesPerHour } },
      ];
      const before = plan(costs, question);
      for (const after of larger.map((one) => plan(costs, one))) {
        expect(after.pods).toBeGreaterThanOrEqual(before.pods);
        expect(after.flusherCores).toBeGreaterThanOrEqual(before.flusherCores);
        expect(after.redis.cores).toBeGreaterThanOrEqual(before.redis.cores * 0.999_999);
        expect(after.redis.bytes).toBeGreaterThanOrEqual(before.redis.bytes * 0.999_999);
      }
    }),
  );
});

test("one pod less would be too full", () => {
  const [, size] = podSizes;
  if (size === undefined) throw new Error("no size");
  const workload = { name: "w", meaning: "", messagesPerHour: 60, membersEach: 20, roomsEach: 3 };
  const { pods, podsBy, gatewayCores } = plan(madeUpCosts, { connections: 1_000_000, workload, size });
  expect(podsBy).toBe("cpu");
  expect(gatewayCores).toBeGreaterThan((pods - 1) * size.cores * limits.gatewayCpu * 0.95);
});

test("where gateways would be busy with each other alone, it says that no number of them is enough", () => {
  const [size] = podSizes;
  if (size === undefined) throw new Error("no size");
  const workload = { name: "w", meaning: "", messagesPerHour: 3_600, membersEach: 200, roomsEach: 3 };
  expect(() => plan(madeUpCosts, { connections: 10_000_000, workload, size })).toThrow("no number of gateways");
});

test("a room is on one process at least, and on no more than it has members or there are", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: 1_000 }), (members, processes) => {
      const on = processesOfRoom(members, processes);
      expect(on).toBeGreaterThan(0.999_999);
      expect(on).toBeLessThanOrEqual(Math.min(members, processes) * 1.000_001);
    }),
  );
});

test("the log keeps no more of a room than its tail, and more of a busier one", () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 10, noNaN: true }), (perSecond) => {
      const kept = keptEntries(perSecond, 500);
      expect(kept).toBeLessThanOrEqual(500.000_1);
      expect(keptEntries(perSecond * 2, 500)).toBeGreaterThanOrEqual(kept * 0.999_999);
    }),
  );
  expect(keptEntries(1 / 600, 500)).toBeCloseTo(Math.E - 1, 1);
});
