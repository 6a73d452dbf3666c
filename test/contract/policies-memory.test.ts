import { MemoryPolicies } from "../../src/adapters/memory/memory-policies.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { policiesContract } from "./policies.contract.ts";

policiesContract("policies in memory", () => {
  const policies = new MemoryPolicies(systemClock);
  return Promise.resolve({ publisher: policies, ours: policies, theirs: policies, close: () => Promise.resolve() });
});
