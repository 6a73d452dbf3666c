import { describe, expect, test } from "vitest";
import { parseLabelSelector } from "../../../src/controller/metrics-api/label-selector.ts";

const labels = { app: "weir", "app.kubernetes.io/component": "gateway", zone: "" };

describe("parseLabelSelector", () => {
  test.each([
    ["", true],
    ["app=weir", true],
    ["app==weir", true],
    ["app = weir", true],
    ["app=other", false],
    ["app!=other", true],
    ["missing!=x", true],
    ["app.kubernetes.io/component=gateway,app=weir", true],
    ["app.kubernetes.io/component=gateway,app=other", false],
    ["app in (a, weir)", true],
    ["app in (a,b)", false],
    ["app notin (a,b)", true],
    ["missing in (a)", false],
    ["missing notin (a)", true],
    ["app in (a,weir),zone", true],
    ["zone=", true],
    ["zone", true],
    ["missing", false],
    ["!missing", true],
    ["!app", false],
  ])("%j takes the labels: %s", (selector, taken) => {
    expect(parseLabelSelector(selector)?.(labels)).toBe(taken);
  });

  test.each(["app=", "app"])("%j is a selector", (selector) => {
    expect(parseLabelSelector(selector)).toBeDefined();
  });

  test.each([",", "app=weir,", "=x", "a b", "app in weir", "app in (a", "app>5", "-a=b"])("%j is none", (selector) => {
    expect(parseLabelSelector(selector)).toBeUndefined();
  });
});
