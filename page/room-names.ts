import { isRoomName } from "../src/chat/room.ts";

/** Where everyone begins. */
export const firstRoom = "lobby";

/** The room that the address names after its `#/`; undefined where it names none. The slash keeps rooms apart from ids of elements. */
export function roomInHash(hash: string): string | undefined {
  const name = hash.startsWith("#/") ? hash.slice(2) : "";
  return isRoomName(name) ? name : undefined;
}

/** Room names have no letters that an address would have to encode. */
export function hashOf(room: string): string {
  return `#/${room}`;
}

/** What a person typed as a room name, in the form that rooms have: `Team Blue!` becomes `team-blue`. */
export function toRoomName(typed: string): string | undefined {
  const name = typed
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9_.~@:/-]+/g, "-")
    .replace(/^[-:/]+|[-:/]+$/g, "");
  return isRoomName(name) ? name : undefined;
}

/** The rooms of this browser profile, as they were kept; the first room is always there. */
export function loadRooms(storage: Storage): string[] {
  const kept = (storage.getItem("weir.rooms") ?? "").split(" ").filter(isRoomName);
  return kept.includes(firstRoom) ? kept : [firstRoom, ...kept];
}

export function saveRooms(storage: Storage, rooms: readonly string[]): void {
  storage.setItem("weir.rooms", rooms.join(" "));
}
