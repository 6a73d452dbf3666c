import { randomInt } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { kubectl } from "../harness/cluster-kubectl.ts";

const namespace = `weir-crds-${randomInt(1_000_000_000)}`;

beforeAll(async () => {
  await kubectl(["apply", "--server-side", "--force-conflicts", "-k", "k8s/crds"]);
  const names = ["crd/chatplatforms.weir.chat", "crd/chatroompolicies.weir.chat"];
  await kubectl(["wait", "--for=condition=Established", "--timeout=30s", ...names]);
  await kubectl(["create", "namespace", namespace]);
  return async () => void (await kubectl(["delete", "namespace", namespace, "--wait=false"]));
});

function objectOf(kind: string, name: string, rest: object): string {
  return JSON.stringify({ apiVersion: "weir.chat/v1alpha1", kind, metadata: { name, namespace }, ...rest });
}

function applied(kind: string, name: string, rest: object): Promise<string> {
  return kubectl(["apply", "-f", "-", "-o=json"], objectOf(kind, name, rest));
}

/** As `kubectl apply` would, but nothing is kept. */
function tried(spec: object): Promise<string> {
  return kubectl(["apply", "--dry-run=server", "-f", "-"], objectOf("ChatRoomPolicy", "tried", { spec }));
}

describe("the API server takes a policy", () => {
  test.each([
    { rooms: ["team:*"], slowModeSeconds: 0 },
    { rooms: ["**"], create: "moderators" },
    { rooms: ["team:**", "team/a*b", "lobby"], rate: { perSecond: 5, burst: 5 }, userRate: { perSecond: 1, burst: 9 } },
    {
      rooms: ["a"],
      ephemeral: { typing: false },
      maxMembers: 1,
      textMaxBytes: 32_768,
      retentionSeconds: 0,
      priority: 9,
    },
  ])("%j", async (spec) => {
    expect(await tried(spec)).toContain("created (server dry run)");
  });
});

test("the API server takes a policy of as many and as long patterns as there may be", async () => {
  const rooms = Array.from({ length: 64 }, (_, i) => `${"r".repeat(126)}${10 + i}`);
  expect(await tried({ rooms, slowModeSeconds: 1 })).toContain("created (server dry run)");
  await expect(tried({ rooms: [...rooms, "one"], slowModeSeconds: 1 })).rejects.toThrow("spec.rooms: Too many");
});

describe("the API server refuses, and says why:", () => {
  test.each([
    [{ rooms: ["a"] }, "a policy must set at least one of rate, userRate"],
    [{ rooms: ["team:**:x"], slowModeSeconds: 1 }, "`**` must be the whole last segment of a pattern"],
    [{ rooms: ["team:a**"], slowModeSeconds: 1 }, "`**` must be the whole last segment of a pattern"],
    [{ rooms: ["a"], rate: { perSecond: 5, burst: 1 } }, "burst must be at least perSecond"],
    [{ rooms: ["a"], userRate: { perSecond: 5, burst: 1 } }, "burst must be at least perSecond"],
    [{ rooms: ["a b"], slowModeSeconds: 1 }, "spec.rooms[0]"],
    [{ rooms: ["a", "a"], slowModeSeconds: 1 }, "Duplicate value"],
    [{ rooms: [], slowModeSeconds: 1 }, "spec.rooms"],
    [{ slowModeSeconds: 1 }, "spec.rooms: Required value"],
    [{ rooms: ["a"], slowModeSeconds: -1 }, "spec.slowModeSeconds"],
    [{ rooms: ["a"], create: "root" }, "spec.create: Unsupported value"],
    [{ rooms: ["a"], ephemeral: {} }, "spec.ephemeral"],
    [{ rooms: ["a"], slowMode: 5 }, 'unknown field "spec.slowMode"'],
  ])("%j", async (spec, why) => {
    await expect(tried(spec)).rejects.toThrow(why);
  });
});

test("a platform without a word in it has its bounds, and may not ask for more than there is", async () => {
  const made: unknown = JSON.parse(await applied("ChatPlatform", "plain", {}));
  expect(made).toMatchObject({ spec: { gatewayCapacity: 10_000, headroomPercent: 20, deletionCost: true } });
  await expect(applied("ChatPlatform", "greedy", { spec: { headroomPercent: 100 } })).rejects.toThrow(
    "spec.headroomPercent",
  );
});

test("who writes a spec writes no status", async () => {
  const status = { state: "Healthy", connections: 7 };
  const made: unknown = JSON.parse(await applied("ChatPlatform", "honest", { spec: {}, status }));
  expect(made).not.toHaveProperty("status");
});

test("kubectl knows the short names, and shows all of a platform in a line", async () => {
  await applied("ChatPlatform", "shown", {});
  const [heads = ""] = (await kubectl(["get", "chat", "-n", namespace])).split("\n");
  for (const head of ["AVAILABLE", "STATE", "GATEWAYS", "CONNECTIONS", "BACKLOG", "OLDEST", "LEADER"])
    expect(heads).toContain(head);
  await applied("ChatRoomPolicy", "calm", { spec: { rooms: ["team:*"], slowModeSeconds: 5 } });
  expect(await kubectl(["get", "crp", "calm", "-n", namespace])).toContain('["team:*"]');
});
