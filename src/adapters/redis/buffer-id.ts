/* Ids of a partition's buffer are ids of a stream, `<ms>-<count>`. Padded, they sort as texts. */

const digits = 20;

export function padBufferId(id: string): string {
  const [ms = "0", count = "0"] = id.split("-");
  return `${ms.padStart(digits, "0")}-${count.padStart(digits, "0")}`;
}

/** A member of the erased entries of a buffer, `<padded id>:<JSON>`. */
export function readErased(member: string): { readonly id: string; readonly raw: string } {
  const end = 2 * digits + 1;
  const [ms, count] = member.slice(0, end).split("-");
  return { id: `${Number(ms)}-${Number(count)}`, raw: member.slice(end + 1) };
}
