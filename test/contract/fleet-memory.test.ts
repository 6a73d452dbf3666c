import { MemoryFleet } from "../../src/adapters/memory/memory-fleet.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { fleetContract } from "./fleet.contract.ts";

fleetContract("the fleet in memory", (memoryMs) => {
  const fleet = new MemoryFleet(systemClock, memoryMs);
  return Promise.resolve({ ours: fleet, theirs: fleet, close: () => Promise.resolve() });
});
