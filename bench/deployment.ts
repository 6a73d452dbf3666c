import type { WeirProcess } from "../test/harness/weir-process.ts";
import { type Contender, startStock, weirContender } from "./contenders.ts";
import { type Stores, startWeir } from "./weir.ts";

/** Servers that do the same work together, as contenders. */
export interface Servers {
  readonly all: readonly Contender[];
  stop(): Promise<void>;
}

/** Gateways with a flusher behind them, which runs where the load and the stores do. */
export async function startGateways(stores: Stores, count: number): Promise<Servers> {
  const flusher = await startWeir("flusher", stores);
  const gateways: WeirProcess[] = [];
  while (gateways.length < count) gateways.push(await startWeir("gateway", stores));
  return {
    all: gateways.map((gateway) => weirContender(gateway)),
    stop: async () => void (await Promise.all([flusher, ...gateways].map((process) => process.terminate()))),
  };
}

export async function startStocks({ redisUrl }: Stores, count: number): Promise<Servers> {
  const all = await Promise.all(Array.from({ length: count }, () => startStock(redisUrl)));
  return {
    all,
    stop: async () => {
      for (const stock of all) stock.stop();
    },
  };
}
