import type { Position } from "../chat/position.ts";
import type { RoomHistory } from "./room-history.ts";

/**
 * Whether history still leads on from a place. Within an epoch it always does. Across epochs the log may have lost what came
 * last, so the entry at that place has to be there, of that epoch or an older one (the place may be a head that no entry
 * of its epoch has reached).
 * @param now the room's place now
 */
export async function isAnchored(history: RoomHistory, room: string, place: Position, now: Position): Promise<boolean> {
  if (place.seq > now.seq || Number(place.epoch) > Number(now.epoch)) return false;
  if (place.epoch === now.epoch || place.seq === 0) return true;
  const entry = await history.before(now.epoch, room, place.seq);
  return entry !== undefined && Number(entry.epoch) <= Number(place.epoch);
}
