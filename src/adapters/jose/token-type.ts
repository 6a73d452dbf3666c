/** The types of access tokens: the common one and that of RFC 9068. */
const accessTypes: readonly string[] = ["jwt", "at+jwt"];

/**
 * Whether a token's `typ` lets it in (RFC 8725, 3.11). Letter case and the prefix `application/` do not count (RFC 7515, 4.1.9).
 * @param typ the header's value; undefined where the header has none
 * @param required the only type that is taken; without it, a token has no type, `JWT` or `at+jwt`
 */
export function isTakenType(typ: unknown, required: string | undefined): boolean {
  if (typ === undefined) return required === undefined;
  if (typeof typ !== "string") return false;
  const allowed = required === undefined ? accessTypes : [plain(required)];
  return allowed.includes(plain(typ));
}

function plain(typ: string): string {
  return typ.toLowerCase().replace(/^application\//, "");
}
