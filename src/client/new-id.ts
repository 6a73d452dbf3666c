const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/**
 * A message id of 126 random bits. From `getRandomValues`, because `randomUUID` is missing on pages that are served
 * without TLS.
 */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(21)), (byte) => alphabet[byte % 64]).join("");
}
