/** Test files in the order in which they run: the quick ones first. A later stage runs only where no earlier one failed. */
export type Stages = readonly (readonly string[])[];

/** Which tests must notice a change in a folder. The longest folder that fits counts. */
const suites: Readonly<Record<string, Stages>> = {
  "src/kernel": [["test/unit/kernel", "test/unit/lifecycle"]],
  "src/chat": [["test/unit/chat", "test/unit/controller/policy-bounds"]],
  "src/protocol": [["test/unit/protocol", "test/unit/gateway"]],
  "src/config": [["test/unit/config"], ["test/integration/command-line"]],
  "src/telemetry": [["test/unit/telemetry"]],
  "src/lifecycle": [["test/unit/lifecycle"]],
  "src/leadership": [["test/unit/leadership", "test/contract/lease"]],
  "src/policies": [["test/unit/policies", "test/contract/policies"]],
  "src/gateway": [["test/unit/gateway"], ["test/integration/gateway", "test/integration/room-policies"]],
  "src/write-behind": [["test/contract/message-log-memory"], ["test/contract/redis-epoch"]],
  "src/flusher": [["test/unit/flusher"], ["test/integration/dead-letters"]],
  "src/controller": [["test/unit/controller"], ["test/integration/controller"]],
  "src/client": [["test/unit/client"], ["test/integration/client"]],
  "src/canary": [["test/unit/canary"], ["test/integration/canary"]],
  "src/roles": [["test/unit/roles"], ["test/integration/command-line"]],
  "src/adapters/redis": [
    ["test/unit/redis", "-redis", "test/contract/redis-scripts", "test/contract/redis-rooms"],
    ["full", "expiry", "control", "safe-checks", "measured", "url"].map((name) => `test/contract/redis-${name}`),
    ["clock", "stored-mark", "identity", "order"].map((name) => `test/contract/redis-${name}`),
    ["epoch", "late-write", "store-away"].map((name) => `test/contract/redis-${name}`),
    ["outage", "safe.", "two-replicas"].map((name) => `test/contract/redis-${name}`),
  ],
  "src/adapters/mongodb": [["test/contract/mongo"]],
  "src/adapters/sqlite": [["test/contract/sqlite"]],
  "src/adapters/memory": [["test/contract/message-log-memory", "test/contract/message-store-memory", "-memory"]],
  "src/adapters/socketio": [
    ["test/unit/adapters", "test/contract/socketio"],
    ["affinity", "cross-origin", "admission", "handshake-order"].map((name) => `test/integration/${name}`),
    ["hostile-handshake", "hostile-frames", "gateway-chat"].map((name) => `test/integration/${name}`),
    ["test/integration/gateway-slow-client"],
  ],
  "src/adapters/jose": [
    ["test/unit/gateway/tokens", "test/unit/jose"],
    ["test/integration/key-rotation", "test/integration/gateway-key-set"],
  ],
  "src/adapters/kubernetes": [
    ["test/contract/kube-client", "test/contract/lease-kubernetes", "test/contract/resilient-informer"],
  ],
};

/** @throws Error where no folder of the table holds the file */
export function stagesOf(file: string): Stages {
  const folder = Object.keys(suites)
    .filter((candidate) => file.startsWith(`${candidate}/`))
    .toSorted((a, b) => b.length - a.length)[0];
  const stages = folder === undefined ? undefined : suites[folder];
  if (stages === undefined) throw new Error(`${file}: test/mutants/suites.ts names no tests for its folder`);
  return stages;
}
