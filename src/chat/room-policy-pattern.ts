import { roomMaxLength } from "./room.ts";
import { segmentMatches } from "./room-match.ts";

/** How the text of a pattern is written, but for the place of its `**`. */
export const roomPatternShape = /^[A-Za-z0-9_.~@*-]+([:/][A-Za-z0-9_.~@*-]+)*$/;

/** Patterns of one policy. */
export const patternsMax = 64;

/** Stars of one pattern of a policy. Each is work in each comparison with a room. */
export const starsMax = 8;

export function hasFewStars(pattern: string): boolean {
  return stars(pattern) <= starsMax;
}

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

/** A pattern, taken apart once for many comparisons. */
export interface ParsedPattern {
  /** What stands before the first star. */
  readonly head: string;
  /** Segments and, between them, separators. */
  readonly parts: readonly string[];
}

export function parsePattern(pattern: string): ParsedPattern {
  return { head: beforeStar(pattern), parts: pattern.split(/([:/])/) };
}

/** `false` where what stands before the first stars differs already. */
export function headsMeet(a: ParsedPattern, b: ParsedPattern): boolean {
  return a.head.startsWith(b.head) || b.head.startsWith(a.head);
}

/** Whether there can be a room that both patterns match. Takes time in proportion to the length of the two. */
export function patternsOverlap(a: ParsedPattern, b: ParsedPattern): boolean {
  if (!headsMeet(a, b)) return false;
  for (const [i, own] of a.parts.entries()) {
    const other = b.parts[i];
    if (other === undefined) return false;
    if (own === "**" || other === "**") return true;
    if (!segmentsOverlap(own, other)) return false;
  }
  return a.parts.length === b.parts.length;
}

/**
 * Two segments with stars have a common text where the one head begins with the other and the one tail ends with the other: it is the longer
 * head, all that stands between the stars of both, and the longer tail.
 */
function segmentsOverlap(a: string, b: string): boolean {
  if (!a.includes("*")) return segmentMatches(b, a);
  if (!b.includes("*")) return segmentMatches(a, b);
  const [ourHead, theirHead, ourTail, theirTail] = [beforeStar(a), beforeStar(b), afterStars(a), afterStars(b)];
  return (
    (ourHead.startsWith(theirHead) || theirHead.startsWith(ourHead)) &&
    (ourTail.endsWith(theirTail) || theirTail.endsWith(ourTail))
  );
}

function beforeStar(pattern: string): string {
  const star = pattern.indexOf("*");
  return star < 0 ? pattern : pattern.slice(0, star);
}

function afterStars(segment: string): string {
  return segment.slice(segment.lastIndexOf("*") + 1);
}
