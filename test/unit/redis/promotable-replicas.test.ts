import { describe, expect, test } from "vitest";
import { PromotableReplicas } from "../../../src/adapters/redis/promotable-replicas.ts";
import { parseInfo, type ServerInfo } from "../../../src/adapters/redis/server-info.ts";

interface Line {
  readonly port: number;
  readonly offset: number;
  readonly lag?: number;
  readonly state?: string;
}

function info(lines: readonly Line[], replid = "a"): ServerInfo {
  const replicas = lines.map(
    ({ port, offset, lag = 0, state = "online" }, i) =>
      `slave${i}:ip=10.0.0.1,port=${port},state=${state},offset=${offset},lag=${lag}`,
  );
  return parseInfo([...replicas, `master_replid:${replid}`].join("\r\n"));
}

const both = [
  { port: 1, offset: 10 },
  { port: 2, offset: 10 },
];
const onlyTwo = [{ port: 2, offset: 20 }];

/** Looks once a second of the monotonic clock. */
function lookFor(replicas: PromotableReplicas, seconds: number, seen: ServerInfo, from = 0): void {
  for (let i = 1; i <= seconds; i++) replicas.look("run", seen, from + i * 1_000);
}

/** Whether all that count have so much, after a look at these. */
function confirmed(replicas: PromotableReplicas, seen: ServerInfo, offset: number): boolean {
  replicas.look("run", seen, 0);
  return replicas.haveAll(offset);
}

describe("replicas that a failover may promote", () => {
  test("must all have confirmed the write, by name and not by number", () => {
    const replicas = new PromotableReplicas(30_000);
    expect(confirmed(replicas, info(both), 10)).toBe(true);
    expect(replicas.haveAll(11)).toBe(false);
    const other = [
      { port: 2, offset: 11 },
      { port: 3, offset: 11 },
    ];
    expect(confirmed(replicas, info(other), 11)).toBe(false);
    expect([replicas.count, replicas.reachable]).toEqual([3, 2]);
  });

  test("are at least one: a primary without any confirms nothing", () => {
    const replicas = new PromotableReplicas(30_000);
    expect(replicas.haveAll(0)).toBe(false);
    expect(confirmed(replicas, info([{ port: 1, offset: 10, state: "wait_bgsave" }]), 0)).toBe(false);
    expect(replicas.count).toBe(0);
  });

  test("count as soon as they are online, before they confirm anything", () => {
    const replicas = new PromotableReplicas(30_000);
    expect(confirmed(replicas, info([{ port: 1, offset: 0 }, ...onlyTwo]), 20)).toBe(false);
    expect([replicas.count, replicas.reachable]).toEqual([2, 2]);
  });

  test("still count for their time after they left, and no longer", () => {
    const replicas = new PromotableReplicas(30_000);
    replicas.look("run", info(both), 0);
    lookFor(replicas, 29, info(onlyTwo));
    expect(replicas.haveAll(20)).toBe(false);
    lookFor(replicas, 1, info(onlyTwo), 29_000);
    expect(replicas.haveAll(20)).toBe(true);
  });

  test("that are listed and confirm nothing stop to count after their time, and count again with the next confirmation", () => {
    const replicas = new PromotableReplicas(3_000);
    replicas.look("run", info(both), 0);
    const stalled = (lag: number): ServerInfo => info([{ port: 1, offset: 10, lag }, ...onlyTwo]);
    for (let i = 1; i <= 2; i++) replicas.look("run", stalled(i + 1), i * 1_000);
    expect(replicas.haveAll(20)).toBe(false);
    replicas.look("run", stalled(4), 3_000);
    expect(replicas.haveAll(20)).toBe(true);
    lookFor(replicas, 5, stalled(9), 3_000);
    expect(replicas.count).toBe(1);
    replicas.look("run", info([{ port: 1, offset: 11, lag: 9 }, ...onlyTwo]), 9_000);
    expect(replicas.count).toBe(2);
  });

  test.each([-3_600, 3_600])("go on to count when the primary's clock jumps, so that the lag is %i s", (lag) => {
    const replicas = new PromotableReplicas(3_000);
    replicas.look("run", info(both), 0);
    replicas.look("run", info(both.map((line) => ({ ...line, lag }))), 1_000);
    lookFor(replicas, 10, info(both), 1_000);
    expect(replicas.count).toBe(2);
  });

  test("a stalled replica does not count for longer because the primary's clock went back", () => {
    const replicas = new PromotableReplicas(3_000);
    replicas.look("run", info(both), 0);
    lookFor(replicas, 3, info(both.map((line) => ({ ...line, lag: -3_600 }))));
    expect(replicas.count).toBe(0);
  });

  test("a process that was paused does not take its own pause for theirs", () => {
    const replicas = new PromotableReplicas(30_000);
    replicas.look("run", info(both), 0);
    replicas.look("run", info(onlyTwo), 3_600_000);
    expect(replicas.count).toBe(2);
  });

  test("count anew on another primary: another run, or the same process with another replication id", () => {
    for (const [run, replid] of [
      ["other", "a"],
      ["run", "b"],
    ] as const) {
      const replicas = new PromotableReplicas(30_000);
      replicas.look("run", info(both), 0);
      replicas.look(run, info(onlyTwo, replid), 1_000);
      expect([replicas.count, replicas.haveAll(20)]).toEqual([1, true]);
    }
  });

  test("of two behind one address, the one that is behind decides", () => {
    const replicas = new PromotableReplicas(30_000);
    const twins = info([
      { port: 1, offset: 9 },
      { port: 1, offset: 10 },
    ]);
    expect(confirmed(replicas, twins, 9)).toBe(true);
    expect(replicas.haveAll(10)).toBe(false);
  });
});
