import { readFileSync } from "node:fs";
import type { Verdict } from "../lib/verdict.ts";
import type { HandshakeCounts } from "./handshakes.ts";

/** What the worker of Artillery leaves behind when it ends. */
export interface RunResult {
  readonly verdict: Verdict;
  readonly handshakes: HandshakeCounts;
}

/** How the worker is told where to leave it, and how many members there will be. */
export function resultEnvironment(file: string, members: number): Record<string, string> {
  return { WEIR_LOAD_RESULT: file, WEIR_LOAD_MEMBERS: String(members) };
}

export function resultFileIn(env: NodeJS.ProcessEnv): { readonly file: string; readonly members: number } {
  const { WEIR_LOAD_RESULT: file, WEIR_LOAD_MEMBERS: members } = env;
  if (file === undefined || members === undefined) throw new Error("start this with `make load-smoke`");
  return { file, members: Number(members) };
}

/** @throws where the worker left nothing, because it did not come to its end */
export function readResult(file: string): RunResult {
  const result: unknown = JSON.parse(readFileSync(file, "utf8"));
  if (!isRunResult(result)) throw new Error(`${file} is not the result of a run`);
  return result;
}

function isRunResult(value: unknown): value is RunResult {
  return typeof value === "object" && value !== null && "verdict" in value && "handshakes" in value;
}
