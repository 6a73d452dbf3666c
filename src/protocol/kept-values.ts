/** Characters that show nothing: white space, control characters, and those that Unicode lets every font ignore. */
const visible = /[^\p{White_Space}\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** Whether a reader sees anything of a text. A zero-width space or a blank braille pattern shows as little as a blank. */
export function isVisible(text: string): boolean {
  return visible.test(text);
}

/**
 * Whether JSON and every store give a number back as it was sent. A number out of range becomes `null`, `-0` loses its
 * sign, and an integer beyond 2^53 - 1 may have been rounded when it was read.
 */
export function isKeptNumber(value: number): boolean {
  return Math.abs(value) <= Number.MAX_SAFE_INTEGER && !Object.is(value, -0);
}

/** The same for all numbers in a value without cycles. */
export function hasKeptNumbers(value: unknown): boolean {
  if (typeof value === "number") return isKeptNumber(value);
  return typeof value !== "object" || value === null || Object.values(value).every(hasKeptNumbers);
}
