/** The compiler proves this is unreachable; if data from outside gets here anyway, it says which value. */
export function assertNever(value: never): never {
  throw new TypeError(`unexpected value: ${JSON.stringify(value)}`);
}
