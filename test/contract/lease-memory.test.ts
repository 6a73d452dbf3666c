import { MemoryLease } from "../../src/adapters/memory/memory-lease.ts";
import { leaseContract } from "./lease.contract.ts";

leaseContract("the lease in memory", () => {
  const lease = new MemoryLease();
  return Promise.resolve({ ours: lease, theirs: lease, close: () => Promise.resolve() });
});
