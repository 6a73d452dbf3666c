import type { IncomingHttpHeaders } from "node:http";
import { BlockList, isIP } from "node:net";
import parseForwarded from "forwarded-parse";
import ipaddr from "ipaddr.js";

/** Where a request says that it comes from. */
export interface RequestOrigin {
  /** The address of the TCP connection. */
  readonly remoteAddress: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

/** The header in which the trusted proxies write addresses. */
export type ForwardedHeader = "x-forwarded-for" | "forwarded";

export interface AddressReaderOptions {
  /** Addresses and networks of proxies, such as `10.0.0.0/8`. */
  readonly trusted: readonly string[];
  readonly header: ForwardedHeader;
  /** Called with what a trusted proxy wrote where it is no address. The proxy's own address counts then. */
  readonly onUnreadable: (hop: string) => void;
}

export type AddressReader = (origin: RequestOrigin) => string;

/**
 * Returns the address that a connection is counted for. The header is believed from the right, as far as trusted proxies wrote it: anyone
 * can make up what stands left of the first address that is no trusted proxy's.
 */
export function createAddressReader({ trusted, header, onUnreadable }: AddressReaderOptions): AddressReader {
  const proxies = blockList(trusted);
  const hopsIn = header === "forwarded" ? hopsOfForwarded : hopsOfList;
  return ({ remoteAddress = "", headers }) => {
    const hops = hopsIn(String(headers[header] ?? ""));
    let address = addressIn(remoteAddress) ?? remoteAddress;
    while (isAmong(proxies, address)) {
      const hop = hops.pop();
      if (hop === undefined) break;
      const next = addressIn(hop);
      if (next === undefined) {
        onUnreadable(hop);
        break;
      }
      address = next;
    }
    return countedAs(address);
  };
}

function hopsOfList(value: string): string[] {
  return value
    .split(",")
    .map((hop) => hop.trim())
    .filter((hop) => hop !== "");
}

/** RFC 7239. A value that does not parse is one hop that can't be read. */
function hopsOfForwarded(value: string): string[] {
  if (value === "") return [];
  try {
    return parseForwarded(value).map((element) => element["for"] ?? "unknown");
  } catch {
    return [value];
  }
}

/** Address with or without a port, IPv6 with or without brackets. An IPv4 address that was written as IPv6 is that IPv4 address. */
function addressIn(hop: string): string | undefined {
  const [, bracketed, four] = /^(?:\[([^\]]+)\]|(\d[\d.]+))(?::\d+)?$/.exec(hop) ?? [];
  const text = (bracketed ?? four ?? hop).replace(/%.*$/, "");
  return isIP(text) === 0 ? undefined : ipaddr.process(text).toString();
}

function blockList(trusted: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of trusted) {
    const [address = "", prefix] = entry.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

function isAmong(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 6 ? "ipv6" : "ipv4");
}

/** One household or machine has a whole /64 of IPv6 addresses, so the network counts. */
function countedAs(address: string): string {
  if (isIP(address) !== 6) return address;
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address}/64`).toString()}/64`;
}
