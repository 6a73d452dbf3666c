import { existsSync } from "node:fs";
import { relative } from "node:path";

/** Test files in the order in which they run: the quick ones first. A later stage runs only where no earlier one failed. */
export type Stages = readonly (readonly string[])[];

const redis = (...names: readonly string[]): string[] => names.map((name) => `test/contract/redis-${name}`);
const integration = (...names: readonly string[]): string[] => names.map((name) => `test/integration/${name}`);

/** Which tests must notice a change in a folder or a file. The longest that fits counts. */
const suites: Readonly<Record<string, Stages>> = {
  "src/kernel": [["test/unit/kernel", "test/unit/lifecycle"]],
  "src/chat": [["test/unit/chat", "test/unit/controller/policy-bounds"]],
  "src/protocol": [["test/unit/protocol"], ["test/unit/gateway"]],
  "src/config": [["test/unit/config"], ["test/integration/command-line"]],
  "src/telemetry": [["test/unit/telemetry"]],
  "src/lifecycle": [["test/unit/lifecycle"]],
  "src/leadership": [["test/unit/leadership", "test/contract/lease"]],
  "src/policies": [["test/unit/policies", "test/contract/policies"]],
  "src/gateway": [["test/unit/gateway"], integration("gateway-chat", "room-policies"), integration("gateway-cluster")],
  "src/write-behind": [["test/contract/message-log-memory"], ["test/contract/redis-epoch"]],
  "src/flusher": [["test/unit/flusher"], ["test/integration/dead-letters"]],
  "src/controller": [["test/unit/controller"], ["test/integration/controller"]],
  "src/client": [["test/unit/client"], integration("client.", "client-links")],
  "src/canary": [["test/unit/canary"], ["test/integration/canary"]],
  "src/roles": [["test/unit/roles"], ["test/integration/command-line"]],
  "src/adapters/redis": [
    ["test/unit/redis", "test/contract/message-log-redis", ...redis("rooms")],
    redis("changes", "expiry", "full", "stored-mark", "safe-checks", "control"),
    redis("epoch", "clock", "identity", "order"),
    redis("late-write", "store-away"),
    redis("safe.", "outage", "two-replicas"),
  ],
  "src/adapters/redis/redis-policies.ts": [["test/contract/policies-redis"]],
  "src/adapters/redis/why-not-safe.ts": [redis("safe-checks"), redis("safe.")],
  "src/adapters/redis/scripts/enter-roster-1.lua": [["test/contract/room-state-redis"], redis("expiry", "clock")],
  "src/adapters/redis/scripts/publish-policies-2.lua": [["test/contract/policies-redis"], redis("clock")],
  "src/adapters/redis/scripts/report-load-1.lua": [["test/contract/fleet-redis"], redis("expiry")],
  "src/adapters/redis/scripts/take-turn-1.lua": [["test/contract/room-state-redis"], redis("expiry", "clock")],
  "src/adapters/redis/scripts/write-lease-1.lua": [["test/contract/lease-redis"]],
  "src/adapters/mongodb": [["test/contract/mongo"]],
  "src/adapters/sqlite": [["test/contract/sqlite"]],
  "src/adapters/memory": [["test/contract/message-log-memory", "test/contract/message-store-memory", "-memory"]],
  "src/adapters/socketio": [
    ["test/unit/adapters", "test/contract/socketio"],
    integration("affinity", "cross-origin", "admission", "handshake-order"),
    integration("hostile-handshake", "hostile-frames", "gateway-chat"),
    integration("gateway-slow-client"),
  ],
  "src/adapters/jose": [
    ["test/unit/gateway/tokens", "test/unit/jose"],
    ["test/integration/key-rotation", "test/integration/gateway-key-set"],
  ],
  "charts/weir/templates": [
    [
      "test/chart/secret-changes",
      "test/chart/secrets",
      "test/chart/network",
      "test/chart/admission",
      "test/chart/notes",
    ],
  ],
  "src/adapters/kubernetes": [
    ["test/contract/kube-client", "test/contract/lease-kubernetes", "test/contract/resilient-informer"],
  ],
};

/**
 * The test file that is named as the file comes first, then the stages of the folder.
 * @throws Error where no folder of the table holds the file
 */
export function stagesOf(file: string): Stages {
  const folder = Object.keys(suites)
    .filter((candidate) => `${file}/`.startsWith(`${candidate}/`))
    .toSorted((a, b) => b.length - a.length)[0];
  const stages = folder === undefined ? undefined : suites[folder];
  if (stages === undefined) throw new Error(`${file}: test/mutants/suites.ts names no tests for its folder`);
  const own = `test/unit/${relative("src", file).replace(/\.ts$/, ".test.ts")}`;
  return existsSync(own) ? [[own], ...stages] : stages;
}

/** Those that hold all test files: a stage within another one of them is left out. */
export function wholeStages(stages: Stages): Stages {
  const distinct = [...new Map(stages.map((stage) => [JSON.stringify(stage), stage])).values()];
  const holds = (outer: readonly string[], file: string): boolean =>
    outer.some((path) => path !== file && file.startsWith(path));
  return distinct.filter((stage) => !distinct.some((outer) => stage.every((file) => holds(outer, file))));
}
