/**
 * Whether a pattern covers a room. Neither can make it slow: it finds the parts between stars one after the other, each where it first occurs,
 * and never goes back.
 */
export function matchesRoom(pattern: string, room: string): boolean {
  // Most patterns fail here.
  const star = pattern.indexOf("*");
  if (star < 0) return pattern === room;
  if (!room.startsWith(pattern.slice(0, star))) return false;
  let [p, r] = [0, 0];
  for (;;) {
    const patternEnd = segmentEnd(pattern, p);
    const roomEnd = segmentEnd(room, r);
    const segment = pattern.slice(p, patternEnd);
    // A `**` that something follows covers nothing: what follows narrows, and is not to be overlooked.
    if (segment === "**") return patternEnd === pattern.length;
    if (segment !== "*" && !segmentMatches(segment, room.slice(r, roomEnd))) return false;
    // `a:b` and `a/b` are different rooms.
    if (pattern[patternEnd] !== room[roomEnd]) return false;
    if (patternEnd === pattern.length) return true;
    p = patternEnd + 1;
    r = roomEnd + 1;
  }
}

const [colon, slash] = [58, 47];

/** The place of the next separator, or the end. */
function segmentEnd(path: string, from: number): number {
  for (let i = from; i < path.length; i++) {
    const code = path.charCodeAt(i);
    if (code === colon || code === slash) return i;
  }
  return path.length;
}

/** Whether a segment of a pattern, in which `*` stands for any letters, covers a text without separators. */
export function segmentMatches(pattern: string, text: string): boolean {
  const first = pattern.indexOf("*");
  if (first < 0) return pattern === text;
  const last = pattern.lastIndexOf("*");
  const tail = pattern.slice(last + 1);
  if (text.length < first + tail.length || !text.endsWith(tail) || !text.startsWith(pattern.slice(0, first)))
    return false;
  if (first === last) return true;
  return includesInOrder(text.slice(first, text.length - tail.length), pattern.slice(first + 1, last).split("*"));
}

function includesInOrder(text: string, parts: readonly string[]): boolean {
  let from = 0;
  return parts.every((part) => {
    const at = text.indexOf(part, from);
    from = at + part.length;
    return at >= 0;
  });
}
