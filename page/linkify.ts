/** A stretch of a message: plain text, or an address to go to. */
export interface Stretch {
  readonly text: string;
  readonly href?: string;
}

const address = /\bhttps?:\/\/[^\s<>"'`]+/gi;

/** Longer ones stay text: no browser and no server takes them, characters. */
const longestAddress = 2_048;

/** Splits a text at its web addresses. Only http and https become links; everything else stays text. */
export function stretches(text: string): Stretch[] {
  const found: Stretch[] = [];
  let from = 0;
  for (const match of text.matchAll(address)) {
    const link = withoutTail(match[0]);
    if (link.length > longestAddress || !URL.canParse(link)) continue;
    if (match.index > from) found.push({ text: text.slice(from, match.index) });
    found.push({ text: link, href: new URL(link).href });
    from = match.index + link.length;
  }
  if (from < text.length) found.push({ text: text.slice(from) });
  return found;
}

const stops = ".,;:!?";

/** The stop at the end of a sentence, and a bracket that was opened before the address, are no part of it. Looks at each letter once. */
function withoutTail(link: string): string {
  const tail = link.includes("(") ? stops : `${stops})`;
  let end = link.length;
  while (end > 0 && tail.includes(link.charAt(end - 1))) end -= 1;
  return link.slice(0, end);
}
