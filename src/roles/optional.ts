/** Only what is defined: for options where an absent key means the default. */
export function optional<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> };
export function optional(values: object): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as object;
}
