/** The adapter takes a group of this many characters for a single socket and tells every gateway of it. */
const socketIdLength = 20;

/**
 * The group of a room's members. The prefix keeps rooms apart from the groups that each socket has of its own, and no
 * room name ends with the suffix.
 */
export function groupName(room: string): string {
  const name = `r:${room}`;
  return name.length === socketIdLength ? `${name}:` : name;
}
