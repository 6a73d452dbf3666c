import type { LogTier } from "../src/write-behind/index.ts";
import { testRedisLog } from "../test/harness/redis-log.ts";
import { startRedisServer } from "../test/harness/redis-server.ts";
import { median, type Row, ratio } from "./table.ts";

type Append = (tier: LogTier) => Promise<unknown>;

interface Figures {
  readonly perSecond: number;
  readonly p50: number;
  /** Microseconds of this process's CPU per append. */
  readonly cpuMicros: number;
}

const shapes = [
  { label: "one at a time", senders: 1, appends: 2_000 },
  { label: "100 at a time", senders: 100, appends: 20_000 },
] as const;

async function run(append: Append, tier: LogTier, { senders, appends }: (typeof shapes)[number]): Promise<Figures> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const took: number[] = [];
  let left = appends;
  const sender = async (): Promise<void> => {
    while (left-- > 0) {
      const from = performance.now();
      await append(tier);
      took.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: senders }, sender));
  const { user, system } = process.cpuUsage(cpu);
  const perSecond = appends / ((performance.now() - start) / 1_000);
  return { perSecond, p50: median(took), cpuMicros: (user + system) / appends };
}

/** The tiers in turn, on a Redis with an append-only file and one replica; ratios to `fast` of the same shape. */
export async function benchSafe(rounds: number): Promise<Row[]> {
  await using servers = new AsyncDisposableStack();
  const primary = servers.use(await startRedisServer({ appendOnly: true }));
  servers.use(await startRedisServer({ appendOnly: true, replicaOf: primary.port }));
  const log = testRedisLog({ url: primary.url, partitions: 16, safe: "required", highWatermark: 100_000_000 });
  await log.start();
  let n = 0;
  const append: Append = (tier) => {
    n += 1;
    const entry = { kind: "message", room: `safe:${n % 20}`, id: `s${n}`, from: { id: "bench" } } as const;
    return log.log.append({ ...entry, text: "x".repeat(100) }, tier);
  };
  const rows: Row[] = [];
  for (const shape of shapes) {
    const figures = { fast: new Array<Figures>(), safe: new Array<Figures>() };
    for (let round = 0; round < rounds; round++)
      for (const tier of ["fast", "safe"] as const) figures[tier].push(await run(append, tier, shape));
    const of = (tier: "fast" | "safe", figure: keyof Figures): number =>
      median(figures[tier].map((one) => one[figure]));
    for (const tier of ["fast", "safe"] as const) {
      const [rate, cpu] = [of(tier, "perSecond"), of(tier, "cpuMicros")];
      const values = [
        rate,
        ratio(rate, of("fast", "perSecond")),
        of(tier, "p50"),
        cpu,
        ratio(cpu, of("fast", "cpuMicros")),
      ];
      rows.push({ label: `${shape.label}, \`${tier}\``, values });
    }
  }
  await log.stop();
  return rows;
}
