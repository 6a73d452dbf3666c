import { beforeEach, describe, expect, test } from "vitest";
import { DeletionCostWriter } from "../../../src/controller/deletion-cost/deletion-cost-writer.ts";
import { deletionCostAnnotation, type GatewayPod } from "../../../src/controller/platform/gateway-pod.ts";
import { KubeError, type KubeErrorReason } from "../../../src/controller/ports/kube.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { silentLogger } from "../../../src/telemetry/logger.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";

const signal = new AbortController().signal;
const fleet = [pod("a", 10), pod("b", 500), pod("c", 900)];

function pod(name: string, connections: number): GatewayPod {
  return { name, labels: {}, phase: "ready", connections, deletionCost: undefined };
}

let clock: ManualClock;
/** `a=0` for a mark, `a` for one that was taken back. */
let written: string[];
let refused: Map<string, KubeErrorReason>;
/** The same for taking a mark back. */
let kept: Map<string, KubeErrorReason>;
let writer: DeletionCostWriter;
beforeEach(() => {
  clock = new ManualClock();
  written = [];
  refused = new Map();
  kept = new Map();
  writer = new DeletionCostWriter({
    api: {
      apply: (_resource, object, { force }) => {
        const { name, annotations } = object.metadata;
        const cost = annotations?.[deletionCostAnnotation];
        const reason = (cost === undefined ? kept : refused).get(name);
        expect(force).toBe(false);
        if (reason !== undefined) return Promise.reject(new KubeError(reason, `no: ${name}`));
        written.push(cost === undefined ? name : `${name}=${cost}`);
        return Promise.resolve(object);
      },
    },
    namespace: "chat",
    clock,
    logger: silentLogger,
    metrics: createMetrics({ processMetrics: false }),
  });
});

describe("DeletionCostWriter", () => {
  test("marks each pod by its rank", async () => {
    await writer.mark(fleet, signal);
    expect(written).toEqual(["a=0", "b=10", "c=20"]);
    expect(writer.conflict).toBeUndefined();
  });

  test("stands down where another owns a mark: takes back its own, says why, and tries again much later", async () => {
    refused.set("b", "conflict");
    await writer.mark(fleet, signal);
    expect(written).toEqual(["a=0", "a", "b", "c"]);
    expect(writer.conflict).toBe("no: b");
    await writer.mark(fleet, signal);
    expect(written).toHaveLength(4);
    refused.clear();
    await clock.advance(600_000);
    await writer.mark(fleet, signal);
    expect(written.slice(4)).toEqual(["a=0", "b=10", "c=20"]);
    expect(writer.conflict).toBeUndefined();
  });

  test("lets nothing else suffer where a pod has gone or the right is missing", async () => {
    refused.set("a", "not-found").set("b", "forbidden");
    await writer.mark(fleet, signal);
    expect(written).toEqual(["c=20"]);
    expect(writer.conflict).toBeUndefined();
  });

  test("takes back its marks once where it is switched off", async () => {
    await writer.mark(fleet, signal);
    await writer.unmark(fleet, signal);
    await writer.unmark(fleet, signal);
    expect(written.slice(3)).toEqual(["a", "b", "c"]);
  });

  test("takes back its marks again where it is switched off a second time", async () => {
    await writer.unmark(fleet, signal);
    await writer.mark(fleet, signal);
    await writer.unmark(fleet, signal);
    expect(written).toEqual(["a", "b", "c", "a=0", "b=10", "c=20", "a", "b", "c"]);
  });

  test("stands down as long a second time", async () => {
    refused.set("b", "conflict");
    await writer.mark(fleet, signal);
    await clock.advance(600_000);
    await writer.mark(fleet, signal);
    expect(writer.conflict).toBe("no: b");
    const { length } = written;
    await clock.advance(599_999);
    await writer.mark(fleet, signal);
    expect(written).toHaveLength(length);
  });

  test("tries again to take back its marks where a write failed, and not for a pod that has gone", async () => {
    await writer.mark(fleet, signal);
    kept.set("a", "not-found").set("b", "unreachable");
    await writer.unmark(fleet, signal);
    expect(written.slice(3)).toEqual(["c"]);
    kept.delete("b");
    await writer.unmark(fleet, signal);
    await writer.unmark(fleet, signal);
    expect(written.slice(4)).toEqual(["b", "c"]);
  });

  test("tries again to take back its marks while it stands down", async () => {
    refused.set("b", "conflict");
    kept.set("a", "unreachable");
    await writer.mark(fleet, signal);
    expect(written).toEqual(["a=0", "b", "c"]);
    kept.clear();
    await writer.mark(fleet, signal);
    expect(written.slice(3)).toEqual(["a", "b", "c"]);
  });

  test("writes nothing in a term that is over", async () => {
    await writer.mark(fleet, AbortSignal.abort());
    await writer.unmark(fleet, AbortSignal.abort());
    expect(written).toEqual([]);
  });
});
