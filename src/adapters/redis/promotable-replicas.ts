import { type ReplicaInfo, replicasIn, type ServerInfo } from "./server-info.ts";

/** A longer time between two looks counts as this long, because a process that was paused did not look, ms. */
const longestStepMs = 2_000;

interface Known {
  /** Whether the primary listed it as online at the last look. */
  readonly online: boolean;
  /** As far as it has confirmed. */
  readonly offset: number;
  /** How long it has confirmed nothing, as far as this process looked, ms. */
  readonly silentMs: number;
}

/**
 * The replicas of one primary that a failover may promote. A replica counts as soon as it is online, although it begins to
 * confirm up to a second later. One that leaves, or confirms nothing more, still counts for `timeoutMs`, because a replica
 * that is being promoted leaves the old primary first. Only the monotonic clock of this process is used: a jump of the
 * primary's clock makes no replica gone.
 */
export class PromotableReplicas {
  readonly #timeoutMs: number;
  #known: ReadonlyMap<string, Known> = new Map();
  #primary: string | undefined;
  #lookedAt = 0;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** How many count. */
  get count(): number {
    return this.#counted.length;
  }

  /** How many of them a wait can reach. */
  get reachable(): number {
    return this.#counted.filter(({ online }) => online).length;
  }

  /**
   * Notes what a primary says of its replicas.
   * @param runId of the primary; another one begins with nothing known, and so does another replication id
   * @param info its `INFO replication`
   * @param nowMs monotonic
   */
  look(runId: string, info: ServerInfo, nowMs: number): void {
    const primary = `${runId} ${info.get("master_replid")}`;
    if (primary !== this.#primary) this.#known = new Map();
    const elapsedMs = Math.min(longestStepMs, Math.max(0, nowMs - this.#lookedAt));
    this.#primary = primary;
    this.#lookedAt = nowMs;
    const online = onlineIn(info);
    const ids = [...new Set([...this.#known.keys(), ...online.keys()])];
    const seen = ids.map((id) => [id, seenAgain(this.#known.get(id), online.get(id), elapsedMs)] as const);
    this.#known = new Map(seen.filter(([, known]) => known.online || known.silentMs < this.#timeoutMs));
  }

  /** Whether there is one, and each that counts is online and has confirmed everything as far as `offset`. */
  haveAll(offset: number): boolean {
    const counted = this.#counted;
    return counted.length > 0 && counted.every((known) => known.online && known.offset >= offset);
  }

  get #counted(): Known[] {
    return [...this.#known.values()].filter(({ silentMs }) => silentMs < this.#timeoutMs);
  }
}

/** By id. Of two with one id, as behind one address, the one that is behind stands for both. */
function onlineIn(info: ServerInfo): ReadonlyMap<string, ReplicaInfo> {
  const online = replicasIn(info).filter((replica) => replica.online);
  return new Map(online.toSorted((a, b) => b.offset - a.offset).map((replica) => [replica.id, replica]));
}

function seenAgain(before: Known | undefined, now: ReplicaInfo | undefined, elapsedMs: number): Known {
  const { offset = -1, silentMs = 0 } = before ?? {};
  if (now === undefined) return { online: false, offset, silentMs: silentMs + elapsedMs };
  const confirms = before === undefined || now.offset > offset || now.lag === 0 || now.lag === 1;
  return { online: true, offset: now.offset, silentMs: confirms ? 0 : silentMs + elapsedMs };
}
