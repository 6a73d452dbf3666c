import { metricCatalogue } from "../../src/telemetry/metric-catalogue.ts";
import type { Emitter, MetricFact } from "../../src/telemetry/metric-fact.ts";
import type { WeirProcess } from "./weir-process.ts";

export interface Family {
  readonly name: string;
  readonly kind: string;
  readonly samples: number;
}

/** Weir's metrics of one process, as they are on its page, by name. */
export async function familiesOf(process: WeirProcess): Promise<Family[]> {
  const page = await (await fetch(`http://127.0.0.1:${process.opsPort}/metrics`)).text();
  const families = page.split(/^(?=# HELP )/m).flatMap((block) => {
    const type = /^# TYPE (weir_\S+) (\S+)$/m.exec(block);
    if (type === null) return [];
    const samples = block.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    return [{ name: type[1] ?? "", kind: type[2] ?? "", samples: samples.length }];
  });
  return families.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What the catalogue says that processes of these kinds serve, each with at least one sample. */
export function cataloguedFor(emitters: readonly Emitter[]): { readonly name: string; readonly kind: string }[] {
  const facts: readonly (readonly [string, MetricFact])[] = Object.entries(metricCatalogue);
  return facts
    .filter(([, { emittedBy }]) => emittedBy.some((emitter) => emitters.includes(emitter)))
    .map(([name, { kind }]) => ({ name, kind }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
