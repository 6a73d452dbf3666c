import { type Felt, stockStormFelt, weirStorm } from "../test/harness/felt-storm.ts";
import { median, quantile, type Row } from "./table.ts";

const clients = 4_000;

/** What one client that is in notices while the others lose their connections together and come back; each in turn, medians. */
export async function benchStorm(rounds: number): Promise<Row[]> {
  const kinds = [
    { label: "stock Socket.IO and its client", run: stockStormFelt },
    { label: "Weir and its client", run: weirStorm },
  ];
  const rows = kinds.map((kind) => ({ ...kind, felt: new Array<Felt>() }));
  for (let round = 0; round < rounds; round++) for (const { run, felt } of rows) felt.push(await run(clients));
  return rows.map(({ label, felt }) => {
    const of = (figure: (one: Felt) => number): number => median(felt.map(figure));
    return {
      label,
      values: [
        of(({ calm }) => quantile(calm, 0.9)),
        of(({ stormy }) => quantile(stormy, 0.9)),
        of(({ stormy }) => quantile(stormy, 0.99)),
        of(({ tookMs }) => tookMs / 1_000),
        of(({ attempts }) => attempts / clients),
      ],
    };
  });
}
