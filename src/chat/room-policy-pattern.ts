import { roomMaxLength } from "./room.ts";

/** How the text of a pattern is written, but for the place of its `**`. */
export const roomPatternShape = /^[A-Za-z0-9_.~@*-]+([:/][A-Za-z0-9_.~@*-]+)*$/;

/** Patterns of one policy. */
export const patternsMax = 64;

/** Whether a text is a pattern as in grants whose `**`, where it has one, is its whole last segment: behind it nothing would be looked at. */
export function isRoomPattern(text: string): boolean {
  if (text.length > roomMaxLength || !roomPatternShape.test(text)) return false;
  const at = text.indexOf("**");
  return at < 0 || (at === text.length - 2 && (at === 0 || /[:/]/.test(text.charAt(at - 1))));
}

function segmentsOf(pattern: string): string[] {
  return pattern.split(/[:/]/);
}

/** 3 for a name, 2 for a name with a star in it, 1 for any name, 0 for everything from there on. */
function rank(segment: string): number {
  if (segment === "**") return 0;
  if (segment === "*") return 1;
  return segment.includes("*") ? 2 : 3;
}

/**
 * Below 0 where `a` is the more specific of two patterns that match the same room, 0 where neither is. The first segment that differs in
 * kind decides: a name before a name with a star, before `*`, before `**`. Then more letters decide, then fewer stars.
 */
export function compareSpecificity(a: string, b: string): number {
  const [ours, theirs] = [segmentsOf(a).map(rank), segmentsOf(b).map(rank)];
  for (let i = 0; i < Math.max(ours.length, theirs.length); i++) {
    const difference = (theirs[i] ?? 0) - (ours[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return letters(b) - letters(a) || stars(a) - stars(b);
}

/** The same for patterns of which neither is more specific. */
export function specificityKey(pattern: string): string {
  return [...segmentsOf(pattern).map(rank), letters(pattern), stars(pattern)].join(" ");
}

function stars(pattern: string): number {
  return pattern.split("*").length - 1;
}

function letters(pattern: string): number {
  return pattern.length - stars(pattern);
}

/** Whether there can be a room that both patterns match. */
export function patternsOverlap(a: string, b: string): boolean {
  const [ours, theirs] = [a, b].map((pattern) => pattern.split(/([:/])/));
  if (ours === undefined || theirs === undefined) return false;
  for (const [i, own] of ours.entries()) {
    const other = theirs[i];
    if (other === undefined) return false;
    if (own === "**" || other === "**") return true;
    if (!segmentsOverlap(own, other)) return false;
  }
  return ours.length === theirs.length;
}

/** Walks through `a` and keeps the places of `b` that a common text may have reached. */
function segmentsOverlap(a: string, b: string): boolean {
  let places = skipStars(b, new Set([0]));
  for (const letter of a) {
    places = letter === "*" ? fromFirst(b, places) : skipStars(b, step(b, places, letter));
    if (places.size === 0) return false;
  }
  return places.has(b.length);
}

/** A star of `b` may stand for nothing. */
function skipStars(b: string, places: ReadonlySet<number>): Set<number> {
  const all = new Set(places);
  for (const place of all) if (b[place] === "*") all.add(place + 1);
  return all;
}

/** A star of `a` stands for any part of `b`. */
function fromFirst(b: string, places: ReadonlySet<number>): Set<number> {
  const first = Math.min(...places);
  return new Set(Array.from({ length: b.length + 1 - first }, (_, i) => first + i));
}

function step(b: string, places: ReadonlySet<number>, letter: string): Set<number> {
  const next = new Set<number>();
  for (const place of places) {
    if (b[place] === "*") next.add(place);
    else if (b[place] === letter) next.add(place + 1);
  }
  return next;
}
