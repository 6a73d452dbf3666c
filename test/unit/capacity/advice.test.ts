import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import {
  bridgedSeconds,
  drainSeconds,
  mostConnections,
  rampOf,
  targetOf,
  watermarkFor,
} from "../../../capacity/advice.ts";
import { costsOf } from "../../../capacity/costs.ts";
import { measurement } from "../../../capacity/measured.ts";
import { brokenObjectives } from "../../../capacity/objectives.ts";
import { podSizes } from "../../../capacity/pod-size.ts";
import { workloads } from "../../../capacity/workloads.ts";
import { madeUpCosts, measuredWith } from "./made-up.ts";

test("a step breaks by late deliveries, by what is missing, by late storing and by refusals", () => {
  const good = { deliveryMs: { p50: 2, p99: 20 }, storedSeconds: 0.25, refused: 0 };
  expect(brokenObjectives(good, 0)).toEqual([]);
  expect(brokenObjectives({ ...good, deliveryMs: { p50: 2, p99: 250 } }, 0)).toEqual(["delivery"]);
  expect(brokenObjectives(good, 1)).toEqual(["delivery"]);
  expect(brokenObjectives({ ...good, storedSeconds: 10, refused: 3 }, 0)).toEqual(["stored", "refused"]);
});

test("a target is at most 70 % of what was seen", () => {
  const { points } = measuredWith(madeUpCosts);
  expect(mostConnections(points, "one core")).toBe(10_000);
  for (const size of podSizes)
    for (const workload of workloads) {
      const { connections } = targetOf(madeUpCosts, points, size, workload);
      expect(connections).toBeGreaterThan(0);
      expect(connections).toBeLessThanOrEqual(7_000);
    }
});

test("a ramp ends with the step that broke and the one before", () => {
  const point = measuredWith(madeUpCosts).points[1];
  if (point === undefined) throw new Error("no point");
  const steps = [[], [], ["delivery"]].map((broken, i) => ({ ...point, use: "rate", broken, seconds: i }));
  expect(rampOf(steps, "one core")).toEqual({ held: steps[1], broke: steps[2] });
  expect(rampOf([], "one core")).toEqual({});
});

test("the buffer for a quarter of an hour lasts that long", () => {
  for (const rate of [10, 1_000, 20_000])
    expect(bridgedSeconds(rate) * (watermarkFor(rate) / 100_000)).toBeGreaterThanOrEqual(900);
});

test("the chart aims at no more than the page advises for people who are mostly silent, and lets a drain last as long", () => {
  const values: unknown = parse(readFileSync("charts/weir/values.yaml", "utf8"));
  const preStopSeconds = 5;
  const maxGraceSeconds = 300;
  const drain = { preStopSeconds, maxGraceSeconds };
  expect(values).toMatchObject({ autoscaling: { connections: 7_000 }, gateway: { drain } });
  const costs = costsOf(measurement);
  const [team] = workloads;
  if (team === undefined) throw new Error("no workload");
  for (const size of podSizes)
    expect(targetOf(costs, measurement.points, size, team).connections).toBeGreaterThanOrEqual(7_000);
  expect(drainSeconds(costs, 7_000, team) + preStopSeconds + 30).toBeLessThanOrEqual(maxGraceSeconds);
});
