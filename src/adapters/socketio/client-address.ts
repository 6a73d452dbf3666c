import type { IncomingHttpHeaders } from "node:http";
import { BlockList, isIP } from "node:net";

/** Where a request says that it comes from. */
export interface RequestOrigin {
  /** The address of the TCP connection. */
  readonly remoteAddress: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

export type AddressReader = (origin: RequestOrigin) => string;

/**
 * Who a connection is counted for. `X-Forwarded-For` is believed from the right, and only as far as trusted proxies wrote it: what
 * stands left of the first address that is none of them can be made up by anyone.
 * @param trusted addresses and networks such as `10.0.0.0/8`
 */
export function createAddressReader(trusted: readonly string[]): AddressReader {
  const proxies = blockList(trusted);
  return ({ remoteAddress, headers }) => {
    const forwarded = String(headers["x-forwarded-for"] ?? "")
      .split(",")
      .map((part) => plain(part.trim()));
    let address = plain(remoteAddress ?? "");
    while (isAmong(proxies, address)) {
      const next = forwarded.pop();
      if (next === undefined || isIP(next) === 0) break;
      address = next;
    }
    return countedAs(address);
  };
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

/** An IPv4 address that was written as an IPv6 one is that IPv4 address. */
function plain(address: string): string {
  return /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(address) ? address.slice("::ffff:".length) : address;
}

/** One household or machine has a whole /64 of IPv6 addresses, so the first half of the address is who it is. */
function countedAs(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = "", tail = ""] = address.toLowerCase().split("::");
  const left = head.split(":").filter((group) => group !== "");
  const right = tail.split(":").filter((group) => group !== "");
  const zeros: string[] = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => "0");
  const groups = address.includes("::") ? [...left, ...zeros, ...right] : left;
  return `${groups.slice(0, 4).join(":")}::/64`;
}
