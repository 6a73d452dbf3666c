import { MemoryRoster } from "../../src/adapters/memory/memory-roster.ts";
import { MemorySlowMode } from "../../src/adapters/memory/memory-slow-mode.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { roomStateContract } from "./room-state.contract.ts";

roomStateContract("the state of rooms in memory", (leaseMs) => {
  const [roster, slowMode] = [new MemoryRoster(systemClock, leaseMs), new MemorySlowMode(systemClock)];
  return Promise.resolve({
    rosters: [roster, roster],
    slowModes: [slowMode, slowMode],
    close: () => Promise.resolve(),
  });
});
