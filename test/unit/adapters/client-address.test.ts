import { expect, test } from "vitest";
import { createAddressReader } from "../../../src/adapters/socketio/client-address.ts";
import { Seats } from "../../../src/adapters/socketio/seats.ts";

const behindProxy = createAddressReader(["10.0.0.0/8", "fd00::1"]);

function from(remoteAddress: string, forwarded?: string): string {
  return behindProxy({ remoteAddress, headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded } });
}

test("without trusted proxies nobody is believed", () => {
  const headers = { "x-forwarded-for": "1.2.3.4" };
  expect(createAddressReader([])({ remoteAddress: "9.9.9.9", headers })).toBe("9.9.9.9");
});

test("behind a trusted proxy a client is who the proxy says, and what it made up itself does not count", () => {
  expect(from("10.1.1.1", "6.6.6.6, 1.2.3.4")).toBe("1.2.3.4");
  expect(from("10.1.1.1", "6.6.6.6, 1.2.3.4, 10.2.2.2")).toBe("1.2.3.4");
  expect(from("9.9.9.9", "1.2.3.4")).toBe("9.9.9.9");
});

test("a proxy that says nothing, or rubbish, is the client itself", () => {
  expect(from("10.1.1.1")).toBe("10.1.1.1");
  expect(from("10.1.1.1", "unknown")).toBe("10.1.1.1");
});

test("an IPv4 address is the same however it is written", () => {
  expect(from("::ffff:9.9.9.9")).toBe("9.9.9.9");
  expect(from("::FFFF:10.1.1.1", "::ffff:1.2.3.4")).toBe("1.2.3.4");
});

test("all addresses of one IPv6 network of 64 bits count as one", () => {
  const one = from("2001:db8:0:7:aaaa::1");
  expect(from("2001:db8::7:0:0:0:2")).toBe(one);
  expect(from("fd00::1", "2001:0db8:0:7::3".replace("0db8", "db8"))).toBe(one);
  expect(from("2001:db8:0:8::1")).not.toBe(one);
});

test("seats are full at the limit, free again when left, and each is left once", () => {
  const seats = new Seats(2);
  const leave = seats.take("a");
  seats.take("a");
  expect([seats.isFull("a"), seats.isFull("b")]).toEqual([true, false]);
  leave();
  leave();
  expect(seats.isFull("a")).toBe(false);
  seats.take("a");
  expect(seats.isFull("a")).toBe(true);
});

test("without a limit there is always a seat", () => {
  const seats = new Seats(0);
  for (let i = 0; i < 100; i++) seats.take("a");
  expect(seats.isFull("a")).toBe(false);
});
