import { MemoryMessageLog } from "../../src/adapters/memory/memory-message-log.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { messageLogContract } from "./message-log.contract.ts";

messageLogContract("the log in memory", (settings) =>
  Promise.resolve({
    log: new MemoryMessageLog({ ...settings, clock: systemClock }),
    safest: "fast",
    close: () => Promise.resolve(),
  }),
);
