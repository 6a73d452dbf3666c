import { expect, test } from "vitest";
import { createAddressReader, type ForwardedHeader } from "../../../src/adapters/socketio/client-address.ts";
import { Seats } from "../../../src/adapters/socketio/seats.ts";

const unread: string[] = [];

function readerFor(trusted: readonly string[], header: ForwardedHeader = "x-forwarded-for") {
  return createAddressReader({ trusted, header, onUnreadable: (hop) => void unread.push(hop) });
}

const behindProxy = readerFor(["10.0.0.0/8", "fd00::1"]);
const behindStandardProxy = readerFor(["10.0.0.0/8"], "forwarded");

function from(remoteAddress: string, forwarded?: string): string {
  return behindProxy({ remoteAddress, headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded } });
}

function fromStandard(forwarded: string): string {
  const headers = { forwarded, "x-forwarded-for": "6.6.6.6" };
  return behindStandardProxy({ remoteAddress: "10.1.1.1", headers });
}

test("without trusted proxies nobody is believed", () => {
  const headers = { "x-forwarded-for": "1.2.3.4" };
  expect(readerFor([])({ remoteAddress: "9.9.9.9", headers })).toBe("9.9.9.9");
});

test("behind a trusted proxy a client is who the proxy says, and what it made up itself does not count", () => {
  expect(from("10.1.1.1", "6.6.6.6, 1.2.3.4")).toBe("1.2.3.4");
  expect(from("10.1.1.1", "6.6.6.6, 1.2.3.4, 10.2.2.2")).toBe("1.2.3.4");
  expect(from("9.9.9.9", "1.2.3.4")).toBe("9.9.9.9");
});

test.each([
  ["198.51.100.7:51234", "198.51.100.7"],
  ["[2001:db8::1]:443", "2001:db8::/64"],
  ["[2001:db8::1]", "2001:db8::/64"],
  ["2001:db8::1", "2001:db8::/64"],
  ["fe80::1%eth0", "fe80::/64"],
  ["[::ffff:198.51.100.7]:80", "198.51.100.7"],
  ["6.6.6.6,198.51.100.7:1 , 10.2.2.2:3128,", "198.51.100.7"],
])("every form in which proxies send an address is read: %s", (forwarded, counted) => {
  unread.length = 0;
  expect(from("10.1.1.1", forwarded)).toBe(counted);
  expect(unread).toEqual([]);
});

test.each([
  ["for=198.51.100.7;proto=https", "198.51.100.7"],
  ['for=6.6.6.6, for="198.51.100.7:51234";by=10.1.1.1', "198.51.100.7"],
  ['For="[2001:db8:cafe::17]:4711"', "2001:db8:cafe::/64"],
  ["for=198.51.100.7, for=10.2.2.2", "198.51.100.7"],
])(
  "the standard header is read where it is the one that proxies write, and the other is not: %s",
  (forwarded, counted) => {
    expect(fromStandard(forwarded)).toBe(counted);
  },
);

test.each(["for=_hidden", "for=unknown", "proto=https", "for=1.2.3.4;;=", "for=[2001:db8::1"])(
  "what a proxy writes that can't be read is told, and the proxy counts: %s",
  (forwarded) => {
    unread.length = 0;
    expect(fromStandard(forwarded)).toBe("10.1.1.1");
    expect(unread).toHaveLength(1);
  },
);

test("a proxy that says nothing, or rubbish, is the client itself, and only the rubbish is told", () => {
  unread.length = 0;
  expect(from("10.1.1.1")).toBe("10.1.1.1");
  expect(fromStandard("")).toBe("10.1.1.1");
  expect(unread).toEqual([]);
  for (const rubbish of ["unknown", "1.2.3", "1.2.3.4.5:6", "[1.2.3.4", "1.2.3.4, x"])
    expect(from("10.1.1.1", rubbish)).toBe("10.1.1.1");
  expect(unread).toEqual(["unknown", "1.2.3", "1.2.3.4.5:6", "[1.2.3.4", "x"]);
});

test("rubbish that stands left of the client is not looked at", () => {
  unread.length = 0;
  expect(from("10.1.1.1", "rubbish, 1.2.3.4")).toBe("1.2.3.4");
  expect(unread).toEqual([]);
});

test("an IPv4 address is the same however it is written", () => {
  expect(from("::ffff:9.9.9.9")).toBe("9.9.9.9");
  expect(from("::FFFF:10.1.1.1", "::ffff:1.2.3.4")).toBe("1.2.3.4");
});

test("all addresses of one IPv6 network of 64 bits count as one", () => {
  const one = from("2001:db8:0:7:aaaa::1");
  expect(from("2001:db8::7:0:0:0:2")).toBe(one);
  expect(from("fd00::1", "2001:0DB8:0:0007::3")).toBe(one);
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
