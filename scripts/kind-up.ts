import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";

/*
 * A cluster of kind on this machine with all of Weir in it, and stores for a try. What is there already is kept, so it can be run
 * again after each change. Every step is bounded; the first that fails ends it with exit code 1.
 */

const root = fileURLToPath(new URL("../", import.meta.url));
const cluster = "weir";
const kubectl = ["kubectl", "--context", `kind-${cluster}`, "--namespace", "weir"];
const deployments = ["weir-gateway", "weir-flusher", "weir-controller"].map((name) => `deployment/${name}`);
const stores = ["weir-redis-demo", "weir-mongodb-demo"].map((name) => `statefulset/${name}`);

const minutes = 60_000;
const tools: readonly (readonly [command: readonly string[], help: string])[] = [
  [["kind", "version"], "kind is not on the PATH; install it: https://kind.sigs.k8s.io/docs/user/quick-start"],
  [["docker", "info"], "docker does not answer; install it and start it: https://docs.docker.com/engine/install"],
  [
    ["kubectl", "version", "--client"],
    "kubectl is not on the PATH; install it: https://kubernetes.io/docs/tasks/tools",
  ],
];

/** What a command prints; undefined where it fails. */
function ask(command: readonly string[]): string | undefined {
  const [program = "", ...args] = command;
  const { status, stdout } = spawnSync(program, args, { cwd: root, encoding: "utf8", timeout: minutes });
  return status === 0 ? stdout : undefined;
}

/** Runs a command that must succeed within ten minutes. */
function run(command: readonly string[], input?: string): void {
  const [program = "", ...args] = command;
  process.stdout.write(`> ${command.join(" ")}\n`);
  const stdio = [input === undefined ? "ignore" : "pipe", "inherit", "inherit"] as const;
  const { status } = spawnSync(program, args, { cwd: root, stdio: [...stdio], input, timeout: 10 * minutes });
  if (status !== 0) fail(`failed: ${command.join(" ")}`);
}

function fail(reason: string): never {
  process.stderr.write(`${reason}\n`);
  process.exit(1);
}

for (const [command, help] of tools) if (ask(command) === undefined) fail(help);

if (!ask(["kind", "get", "clusters"])?.split("\n").includes(cluster))
  run(["kind", "create", "cluster", "--name", cluster, "--wait", "180s"]);
run(["make", "image", "IMAGE=weir:dev"]);
run(["kind", "load", "docker-image", "weir:dev", "--name", cluster]);

const isUpdate = ask([...kubectl, "get", ...deployments]) !== undefined;
run([...kubectl, "apply", "--server-side", "--kustomize", "k8s/crds"]);
run([...kubectl, "wait", "--for=condition=Established", "--timeout=60s", "--filename=k8s/crds/chatplatforms.yaml"]);
run([...kubectl, "apply", "--server-side", "--kustomize", "k8s/overlays/kind"]);
if (ask([...kubectl, "get", "secret/weir-jwt"]) === undefined) {
  const stringData = { "jwt-secret": randomBytes(32).toString("base64url") };
  const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "weir-jwt" }, stringData };
  run([...kubectl, "create", "--filename=-"], JSON.stringify(secret));
}
// The image has the name that it had before.
if (isUpdate) run([...kubectl, "rollout", "restart", ...deployments]);
for (const name of [...stores, ...deployments]) run([...kubectl, "rollout", "status", name, "--timeout=300s"]);

process.stdout.write(`
Weir runs in the cluster kind-${cluster}, namespace weir.
  ${kubectl.join(" ")} get chat
  ${kubectl.join(" ")} port-forward service/weir-gateway 3000
  ${kubectl.join(" ")} exec deployment/weir-gateway -- weir token --sub ada --rooms '**=read,write'
Remove it: kind delete cluster --name ${cluster}
`);
