import { expect } from "vitest";
import { MemoryPolicies } from "../../../src/adapters/memory/memory-policies.ts";
import { MemoryRoster } from "../../../src/adapters/memory/memory-roster.ts";
import { MemorySlowMode } from "../../../src/adapters/memory/memory-slow-mode.ts";
import { documentOf } from "../../../src/chat/room-policy.ts";
import type { RoomPolicySpec } from "../../../src/chat/room-policy-spec.ts";
import { rosterLeaseMs } from "../../../src/gateway/room-roster.ts";
import type { SlowMode } from "../../../src/gateway/slow-mode.ts";
import type { Clock } from "../../../src/kernel/clock.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { PoliciesInForce } from "../../../src/policies/index.ts";
import { silentLogger } from "../../../src/telemetry/logger.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";
import { createRig, type Rig } from "./gateway-rig.ts";

type Specs = Readonly<Record<string, Partial<RoomPolicySpec>>>;

export interface PolicyRig extends Rig {
  /** Puts these policies in the place of all that were. */
  apply(specs: Specs): Promise<void>;
  refusals(cause: string): Promise<string | undefined>;
}

export const moderator = { grants: [{ room: "**", can: ["read", "write", "moderate"] }] } as const;

const memorySlowMode = (clock: Clock): SlowMode => new MemorySlowMode(clock);

/** A gateway that applies what is published, and nothing at first but `specs`. Its clock stands still. */
export async function policyRig(specs: Specs = {}, makeSlowMode = memorySlowMode): Promise<PolicyRig> {
  const clock = new ManualClock();
  const metrics = createMetrics({ processMetrics: false });
  const source = new MemoryPolicies(clock);
  const policies = new PoliciesInForce({ source, clock, metrics, logger: silentLogger });
  const policing = { policies, roster: new MemoryRoster(clock, rosterLeaseMs), slowMode: makeSlowMode(clock) };
  const limits = { userRate: { ratePerSecond: 1_000, burst: 1_000 }, joinRate: { ratePerSecond: 1_000, burst: 1_000 } };
  const rig = createRig({ clock, metrics, policing, limits });
  const apply = async (wanted: Specs): Promise<void> => {
    const named = Object.entries(wanted).map(([name, spec]) => ({
      name,
      createdAt: 0,
      spec: { rooms: ["**"], ...spec },
    }));
    await source.publish(documentOf(named));
    await clock.advance(0);
  };
  await policies.start();
  await rig.gateway.start();
  await apply(specs);
  const refusals = async (cause: string): Promise<string | undefined> =>
    (await metrics.scrape()).text.match(new RegExp(`weir_policy_refusals_total{cause="${cause}"} (.*)`))?.[1];
  return { ...rig, clock, apply, refusals };
}

/** A user who has joined a room, `r` where none is named. */
export async function joined(rig: Rig, user: string, ...rest: [room?: string, principal?: typeof moderator]) {
  const [room = "r", principal] = rest;
  const client = rig.open(user, principal);
  expect(await client.ask("room:join", { room })).toMatchObject({ ok: true });
  const send = (id: string, text = "x") => client.ask("message:send", { room, id, text });
  return { ...client, send };
}
