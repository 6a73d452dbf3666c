import { isDeepStrictEqual } from "node:util";
import { type PolicyRule, policyFor } from "../chat/room-policy.ts";
import type { GatewayParts } from "./gateway-parts.ts";
import { rulesIn, shownPolicy } from "./room-rules.ts";

type Needed = Pick<GatewayParts, "feeds" | "rooms" | "limits" | "broadcaster" | "clock">;

/** Rooms looked at in one turn of the event loop. */
const roomsAtOnce = 50;

/** Tells the members of rooms here what holds from now on, where it is not what held before. */
export async function tellPolicies(parts: Needed, before: readonly PolicyRule[]): Promise<void> {
  const { feeds, rooms, limits, broadcaster, clock } = parts;
  const active = [...feeds.rooms];
  for (const [i, room] of active.entries()) {
    if (i > 0 && i % roomsAtOnce === 0) await clock.sleep(0);
    const policy = rooms.shown(room);
    const held = shownPolicy(rulesIn(policyFor(before, room), limits), limits);
    if (!isDeepStrictEqual(policy, held)) broadcaster.local(room, "room:policy", { room, policy });
  }
}
