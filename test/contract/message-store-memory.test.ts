import { MemoryMessageStore } from "../../src/adapters/memory/memory-message-store.ts";
import { messageStoreContract } from "./message-store.contract.ts";

messageStoreContract("the store in memory", () =>
  Promise.resolve({ store: new MemoryMessageStore(), close: () => Promise.resolve() }),
);
