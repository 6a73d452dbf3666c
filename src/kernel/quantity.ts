const durationUnits = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const sizeUnits = { B: 1, KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 } as const;

function parseQuantity(text: string, units: Readonly<Record<string, number>>): number | undefined {
  if (text === "0") return 0;
  const [, digits, unit] = /^(\d{1,12})([A-Za-z]+)$/.exec(text) ?? [];
  const factor = unit === undefined ? undefined : Object.entries(units).find(([name]) => name === unit)?.[1];
  return factor === undefined ? undefined : Number(digits) * factor;
}

/** `500ms`, `10s`, `5m`, `2h`, `7d` or `0` as milliseconds; undefined when it is none of them. */
export function parseDuration(text: string): number | undefined {
  return parseQuantity(text, durationUnits);
}

/** `512B`, `256KiB`, `4MiB`, `1GiB` or `0` as bytes; undefined when it is none of them. */
export function parseSize(text: string): number | undefined {
  return parseQuantity(text, sizeUnits);
}
