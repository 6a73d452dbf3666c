const idPattern = /-([0-9a-z]{10})$/;

/**
 * An id for a message that says when it was sent, so that whoever receives it knows its delay, in whatever process. Of the characters
 * and the length that the protocol takes as long as `sender` is, and has less than 45 characters.
 *
 * @param n tells the sender's messages apart
 * @param at Unix ms, fractions allowed; kept to the microsecond
 */
export function messageId(sender: string, n: number, at: number): string {
  return `${sender}-${n.toString(36)}-${Math.round(at * 1_000).toString(36)}`;
}

/** When a message with this id was sent, Unix ms; undefined for ids that were not made here. */
export function sentAtOf(id: string): number | undefined {
  const stamp = idPattern.exec(id)?.[1];
  return stamp === undefined ? undefined : Number.parseInt(stamp, 36) / 1_000;
}
