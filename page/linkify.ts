/** A stretch of a message: plain text, or an address to go to. */
export interface Stretch {
  readonly text: string;
  readonly href?: string;
}

const address = /\bhttps?:\/\/[^\s<>"'`]+/gi;

/** Splits a text at its web addresses. Only http and https become links; everything else stays text. */
export function stretches(text: string): Stretch[] {
  const found: Stretch[] = [];
  let from = 0;
  for (const match of text.matchAll(address)) {
    const link = withoutTail(match[0]);
    if (!URL.canParse(link)) continue;
    if (match.index > from) found.push({ text: text.slice(from, match.index) });
    found.push({ text: link, href: new URL(link).href });
    from = match.index + link.length;
  }
  if (from < text.length) found.push({ text: text.slice(from) });
  return found;
}

/** The stop at the end of a sentence, and a bracket that was opened before the address, are no part of it. */
function withoutTail(link: string): string {
  const trimmed = link.replace(/[.,;:!?]+$/, "");
  return trimmed.endsWith(")") && !trimmed.includes("(") ? withoutTail(trimmed.slice(0, -1)) : trimmed;
}
