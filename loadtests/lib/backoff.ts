/** Before a first try again, ms, and at most. */
const first = 1_000;
const most = 30_000;

/**
 * How long to wait before a try, ms: as long as the server says, or one to two seconds and then twice as long each time. As
 * `weir/client` does it, so that a storm has the shape that the clients give it.
 *
 * @param failures in a row, 0 for the first
 */
export function comeBackAfter(failures: number, random: number, told?: number): number {
  if (told !== undefined) return told * (1 + 0.1 * random);
  return Math.min(most, first * 2 ** failures) * (1 + random);
}
