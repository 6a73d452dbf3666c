import { expect, test } from "vitest";
import { tellMissingCaps } from "../../../src/roles/missing-caps.ts";

const caps = { connectionsPerIp: 5, connectionsPerUser: 20, ratePackets: 100, rateBytes: 262_144 } as const;

function toldOf(settings: Partial<Record<keyof typeof caps, number>>): unknown[] {
  const told: unknown[] = [];
  tellMissingCaps({
    settings: { ...caps, ...settings },
    logger: { info: (fields: unknown) => void told.push(fields) },
  });
  return told;
}

test("a start names the caps that are off in one line, and says nothing where all are on", () => {
  expect(toldOf({ connectionsPerIp: 0, rateBytes: 0 })).toEqual([
    { off: ["WEIR_CONNECTIONS_PER_IP", "WEIR_RATE_BYTES"] },
  ]);
  expect(toldOf({})).toEqual([]);
});
