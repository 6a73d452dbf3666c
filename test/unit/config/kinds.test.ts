import { expect, test } from "vitest";
import { list, network } from "../../../src/config/kinds.ts";

test.each(["10.0.0.0/8", "192.168.1.7", "::1", "fd00::/8", "0.0.0.0/0", "::/128"])(
  "%s is an address or a network",
  (text) => {
    expect(network().parse(text)).toBe(text);
  },
);

test.each(["", "10.0.0", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/x", "localhost"])("%j is neither", (text) => {
  expect(network().parse(text)).toBeUndefined();
});

test("a list with one item that is wrong is wrong", () => {
  expect(list(network()).parse("10.0.0.0/8, ::1")).toEqual(["10.0.0.0/8", "::1"]);
  expect(list(network()).parse("10.0.0.0/8,")).toBeUndefined();
});
