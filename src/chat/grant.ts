export type Ability = "read" | "write" | "moderate";

/** What a token or the deployment's default allows in the rooms that a pattern matches. */
export interface Grant {
  /** A room name in which `*` stands for one segment, or a part of one, and `**` as the last segment for everything from there on. */
  readonly room: string;
  readonly can: readonly Ability[];
}

/** Split at `:` and `/`, keeping the separators, so that `a:b` and `a/b` stay different rooms. */
function segments(path: string): string[] {
  return path.split(/([:/])/);
}

function segmentMatches(pattern: string, segment: string): boolean {
  if (!pattern.includes("*")) return pattern === segment;
  if (pattern === "*") return true;
  const parts = pattern.split("*");
  const [head = ""] = parts;
  const tail = parts.at(-1) ?? "";
  if (segment.length < head.length + tail.length || !segment.startsWith(head) || !segment.endsWith(tail)) return false;
  return includesInOrder(segment.slice(head.length, segment.length - tail.length), parts.slice(1, -1));
}

function includesInOrder(text: string, parts: readonly string[]): boolean {
  let from = 0;
  return parts.every((part) => {
    const at = text.indexOf(part, from);
    from = at + part.length;
    return at >= 0;
  });
}

/** Whether a pattern covers a room. Linear in both, so that no pattern can be made slow. */
export function matchesRoom(pattern: string, room: string): boolean {
  // Most patterns fail here, without a list being made.
  const star = pattern.indexOf("*");
  if (star < 0) return pattern === room;
  return room.startsWith(pattern.slice(0, star)) && covers(segments(pattern), segments(room));
}

/** The same for many patterns and many rooms: each of them is taken apart once. Returns the patterns' places. */
export function roomMatcher(patterns: readonly string[]): (room: string) => number[] {
  const wanted = patterns.map(segments);
  return (room) => {
    const given = segments(room);
    return wanted.flatMap((parts, i) => (covers(parts, given) ? i : []));
  };
}

/** A `**` that something follows covers nothing: what follows narrows, and is not to be overlooked. */
function covers(wanted: readonly string[], given: readonly string[]): boolean {
  for (const [i, part] of wanted.entries()) {
    if (part === "**") return i === wanted.length - 1;
    const segment = given[i];
    if (segment === undefined || !segmentMatches(part, segment)) return false;
  }
  return wanted.length === given.length;
}

/** All that the grants together allow in a room. */
export function abilitiesIn(grants: readonly Grant[], room: string): ReadonlySet<Ability> {
  return new Set(grants.filter((grant) => matchesRoom(grant.room, room)).flatMap((grant) => grant.can));
}
