import { execFile } from "node:child_process";
import { promisify } from "node:util";

/*
 * What a cluster is like, by environment. KUBECONFIG says which it is. All else has a default that is right for a cluster that can
 * pull images and has Traefik where k3s and its chart put it.
 */

const { env } = process;

/** Image under test, with its tag. */
export const testImage = env["WEIR_TEST_IMAGE"] ?? "weir:test";

/** Command that brings an image to every node, the image's name is appended: `kind load docker-image`. */
export const imageLoader = env["WEIR_TEST_IMAGE_LOAD"];

/** Where Traefik is, as seen from the cluster. */
export const ingressUrl = env["WEIR_TEST_INGRESS_URL"] ?? "http://traefik.kube-system";

/** Commands that end a node as a crash would and start it again, the node's name is appended: `docker kill`, `docker start`. */
export const nodeCommands = { stop: env["WEIR_TEST_NODE_STOP"], start: env["WEIR_TEST_NODE_START"] } as const;

/** How much is tried; make it more where there is more than two cores. */
export const size = {
  clients: Number(env["WEIR_TEST_CLUSTER_CLIENTS"] ?? 300),
  ratePerSecond: Number(env["WEIR_TEST_CLUSTER_RATE"] ?? 200),
} as const;

/** Runs a command given as one text, with one more argument. */
export async function runCommand(name: string, command: string | undefined, argument: string): Promise<void> {
  const [program, ...args] = (command ?? "").split(" ").filter((word) => word !== "");
  if (program === undefined)
    throw new Error(`${name} is not set: see docs/operations/kubernetes.md, "The suite on a cluster"`);
  await promisify(execFile)(program, [...args, argument]);
}
