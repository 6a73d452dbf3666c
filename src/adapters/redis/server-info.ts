/** What `INFO` says, by field. */
export type ServerInfo = ReadonlyMap<string, string>;

/** Reads the text of `INFO`: lines of `field:value`, and headings. */
export function parseInfo(text: string): ServerInfo {
  const fields = text.split("\n").map((line) => line.trim().split(/:(.*)/, 2));
  return new Map(fields.flatMap(([name = "", value]) => (value === undefined ? [] : [[name, value] as const])));
}

/** Which history of writes the server has. Changes when it is promoted, and when it takes the data of another. */
export function replidOf(info: ServerInfo): string {
  return info.get("master_replid") ?? "";
}

/** A replica as its primary sees it. */
export interface ReplicaInfo {
  /** Address and port under which it listens: they stay over a reconnect. */
  readonly id: string;
  /** Whether it has a copy and receives each write. */
  readonly online: boolean;
  /** The place in the primary's stream of writes that it has confirmed. */
  readonly offset: number;
  /** Seconds since its last confirmation, by the primary's clock, so it can be below 0. */
  readonly lag: number;
}

export function replicasIn(info: ServerInfo): ReplicaInfo[] {
  return [...info].flatMap(([name, value]) => (/^slave\d+$/.test(name) ? [replicaIn(value)] : []));
}

function replicaIn(value: string): ReplicaInfo {
  const fields = new Map(value.split(",").map((field) => splitAt(field, field.indexOf("="))));
  return {
    id: `${fields.get("ip")}:${fields.get("port")}`,
    online: fields.get("state") === "online",
    offset: Number(fields.get("offset") ?? -1),
    lag: Number(fields.get("lag") ?? -1),
  };
}

function splitAt(text: string, at: number): readonly [string, string] {
  return [text.slice(0, at), text.slice(at + 1)];
}

/** How many replicas have a copy and take what comes. */
export function replicasOnline(info: ServerInfo): number {
  return replicasIn(info).filter(({ online }) => online).length;
}
