import { expect } from "vitest";
import { type FaultRun, runWithFault } from "./fault-run.ts";
import { fewChanges } from "./load-plan.ts";
import { sized } from "./size.ts";

const sends = sized(500, 5_000);
const ratePerSecond = sized(80, 300);

/** Beside other work, and with a database that scans. */
const recoveryMs = 120_000;

/** Expects of a run with a fault that every send is acknowledged in the end and that no promise is broken. */
export async function holds(run: Omit<FaultRun, "sends" | "ratePerSecond"> & Partial<FaultRun>): Promise<void> {
  const report = await runWithFault({ sends, ratePerSecond, rooms: 8, mix: fewChanges, recoveryMs, ...run });
  expect(report).toEqual({ acked: report.acked, refused: {}, violations: [], logs: undefined });
}
