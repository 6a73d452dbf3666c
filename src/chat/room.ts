/** A room is a path of segments, so that grants can name a subtree: `team:7/general`. */
export const roomPattern = "^[A-Za-z0-9_.~@-]+([:/][A-Za-z0-9_.~@-]+)*$";
export const roomMaxLength = 128;

const room = new RegExp(roomPattern);

/** Where gateways talk to themselves to see whether chat works. No token reaches it, whatever it grants. */
export const canaryRoom = "weir:canary";

export function isRoomName(name: string): boolean {
  return name.length <= roomMaxLength && room.test(name);
}

/** FNV-1a, 32 bits. Fixed forever: it says in which partition a room's messages lie. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** The partition of a room, 0 to `partitions - 1`. Room names are ASCII, so characters are bytes. */
export function partitionOf(name: string, partitions: number): number {
  return hash(name) % partitions;
}
