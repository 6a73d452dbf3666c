/** What a server says of itself at `/metrics`, in the text format of Prometheus: samples of one name, over all labels, added. */
export function sumOf(exposition: string, name: string): number | undefined {
  let sum: number | undefined;
  for (const line of exposition.split("\n")) {
    const rest = line.startsWith(name) ? line.slice(name.length) : "";
    const value = /^(?:\{.*\})? (\S+)(?: -?\d+)?$/.exec(rest)?.[1];
    if (value !== undefined) sum = (sum ?? 0) + Number(value);
  }
  return sum;
}

/** What a run cost the server. */
export interface ServerFigures {
  /** CPU used, in cores. */
  readonly cores: number | undefined;
  /** Resident memory at the end, bytes. */
  readonly residentBytes: number | undefined;
}

/** @param seconds between the two scrapes */
export function serverFigures(before: string, after: string, seconds: number): ServerFigures {
  const cpu = "process_cpu_seconds_total";
  const [from, to] = [sumOf(before, cpu), sumOf(after, cpu)];
  const cores = from === undefined || to === undefined || seconds <= 0 ? undefined : (to - from) / seconds;
  return { cores, residentBytes: sumOf(after, "process_resident_memory_bytes") };
}
