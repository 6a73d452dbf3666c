import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { kubectlPath } from "./helm.ts";

let program: string | undefined;

/** Runs kubectl on the cluster that KUBECONFIG names; resolves to what it prints. Rejects with its messages where it fails. */
export async function kubectl(args: readonly string[], input = ""): Promise<string> {
  program ??= kubectlPath();
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const closed = once(child, "close");
  const [printed, said] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await closed;
  if (child.exitCode !== 0) throw new Error(`kubectl ${args.join(" ")}: ${said.trim() || printed.trim()}`);
  return printed;
}

/** Lines of a go-template or jsonpath, without empty ones. */
export async function kubectlLines(args: readonly string[]): Promise<string[]> {
  return (await kubectl(args)).split("\n").filter((line) => line !== "");
}

/** Applies objects, as JSON. */
export function apply(...objects: readonly object[]): Promise<string> {
  return kubectl(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
}
