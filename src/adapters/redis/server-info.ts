/** What `INFO` says, by field. */
export type ServerInfo = ReadonlyMap<string, string>;

/** Reads the text of `INFO`: lines of `field:value`, and headings. */
export function parseInfo(text: string): ServerInfo {
  const fields = text.split("\n").map((line) => line.trim().split(/:(.*)/, 2));
  return new Map(fields.flatMap(([name = "", value]) => (value === undefined ? [] : [[name, value] as const])));
}

/** How many replicas have a copy and take what comes. */
export function replicasOnline(info: ServerInfo): number {
  return [...info].filter(([name, value]) => /^slave\d+$/.test(name) && value.includes("state=online")).length;
}
