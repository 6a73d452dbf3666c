import { compileSettings, integer, type RawSettings } from "../config/index.ts";
import { listDeadLetters, replayDeadLetters } from "../flusher/index.ts";
import { Supervisor } from "../lifecycle/supervisor.ts";
import { type Backends, createBackends } from "./backends.ts";
import { flagFault } from "./flag-fault.ts";
import { createRuntime } from "./runtime.ts";
import { warnOfFlags } from "./visible-secrets.ts";

const limitKind = integer(1, 1_000_000);

/**
 * `weir deadletter list|replay`: one JSON line for each dead letter, with what came of it.
 * @param flag how many of each partition at most, as the command line gives it
 */
export async function runDeadLetters(action: "list" | "replay", raw: RawSettings, flag: string): Promise<void> {
  const limit = limitKind.parse(flag);
  if (limit === undefined) throw flagFault("--limit", flag, limitKind.allowed);
  const runtime = createRuntime("tool", compileSettings({ logLevel: "warn", ...raw }, "all-in-one"));
  const backends = createBackends(runtime);
  warnOfFlags(raw, runtime.logger);
  const supervisor = new Supervisor(backends.services, runtime.logger);
  await supervisor.start();
  try {
    await (action === "list" ? list(backends, limit) : replay(backends, limit));
  } finally {
    await supervisor.stop({ drainMs: 0, stopMs: 5_000 });
  }
}

async function list({ drainer }: Backends, limit: number): Promise<void> {
  for (const letter of await listDeadLetters(drainer, limit)) print(letter);
}

async function replay({ drainer, store }: Backends, limit: number): Promise<void> {
  const letters = await listDeadLetters(drainer, limit);
  for (const { letter, outcome } of await replayDeadLetters({ drainer, writer: store }, letters)) {
    print({ partition: letter.partition, id: letter.id, ...outcome });
  }
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
