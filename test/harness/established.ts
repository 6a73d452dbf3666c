import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { PingTarget } from "./pinger.ts";

const script = fileURLToPath(new URL("pinger.ts", import.meta.url));

/** A client that is in already, and asks for something small again and again. */
export class Established implements AsyncDisposable {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
    const endWithUs = (): void => void child.kill("SIGKILL");
    process.once("exit", endWithUs);
    child.once("exit", () => process.removeListener("exit", endWithUs));
  }

  /** Resolves when it is connected. */
  static async start(target: PingTarget): Promise<Established> {
    const child = fork(script, [JSON.stringify(target)], { execArgv: [] });
    await once(child, "message");
    return new Established(child);
  }

  /** The times of the round trips since the last call, ms, shortest first; of one that is under way, its time so far. */
  async trips(): Promise<number[]> {
    const answer: Promise<unknown[]> = once(this.#child, "message");
    this.#child.send("report");
    const [trips] = await answer;
    const times = Array.isArray(trips) ? trips.filter((time): time is number => typeof time === "number") : [];
    return times.sort((a, b) => a - b);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await gone;
  }
}

/** The value below which this share of the sorted values lies. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
