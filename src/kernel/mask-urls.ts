/** Stands in place of what is masked. It is part of no origin and of no scheme. */
const mask = "(hidden)";

/**
 * Masks user info and query of every URL in a text of words, such as an error's message. A word in which a URL begins is masked up to its
 * last `@`, because passwords have `/` and `#` in them where nobody escaped them, and from its first `?` on.
 */
export function maskUrls(text: string): string {
  return text.includes("://") ? text.replace(/\S+/g, maskWord) : text;
}

function maskWord(word: string): string {
  const begin = urlIn(word);
  return begin === -1 ? word : maskAfter(word, begin);
}

/** Where the first URL of a word goes on behind `://`, or -1. File URLs, which stand in stack traces, have no user info. */
function urlIn(word: string): number {
  let begin = word.indexOf("://");
  while (begin !== -1 && /(?:^|[^a-z0-9+.-])file$/i.test(word.slice(Math.max(0, begin - 5), begin))) {
    begin = word.indexOf("://", begin + 3);
  }
  return begin === -1 ? -1 : begin + 3;
}

/**
 * Masks user info and query of a text that is meant to be one URL and may be misspelt: `https:/user:password@host`, `user:password@host`,
 * or with blanks. Any other text is masked as words are.
 */
export function maskUrl(text: string): string {
  const { length } = /^\s*[a-z][a-z0-9+.-]*:[\\/]+/i.exec(text)?.[0] ?? "";
  if (length > 0) return maskAfter(text, length);
  return hasUserInfo(text) ? maskAfter(text, 0) : maskUrls(text);
}

/** A colon before an `@` in a text that is no JSON: `user:password@host`. */
function hasUserInfo(text: string): boolean {
  const colon = text.indexOf(":");
  return colon !== -1 && colon < text.lastIndexOf("@") && !/^\s*[{["]/.test(text);
}

function maskAfter(text: string, begin: number): string {
  const [head, tail] = [text.slice(0, begin), text.slice(begin)];
  const at = tail.lastIndexOf("@");
  const query = tail.indexOf("?");
  if (query === -1) return at === -1 ? text : `${head}${mask}${tail.slice(at)}`;
  // Either may be part of the other: a password with `?`, or a query with `@`.
  if (query < at) return `${head}${mask}`;
  return `${head}${at === -1 ? "" : mask}${tail.slice(Math.max(0, at), query)}?${mask}`;
}
