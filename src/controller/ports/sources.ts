import type { KubeObject } from "./kube.ts";

/** What one gateway process said last. A pod may have several, one for each worker. */
export interface ReportedLoad {
  /** `<pod>_<unique id>`. */
  readonly gateway: string;
  readonly connections: number;
  /** Revision of the room policies that it applies; absent where it does not say. */
  readonly policies?: number;
}

/** The gateways that say what they hold. One that says nothing is absent. Rejects where that can't be known. */
export interface FleetReader {
  loads(): Promise<readonly ReportedLoad[]>;
}

/** What is acknowledged and not in the store, over all partitions. Rejects where that can't be known. */
export interface BacklogReader {
  backlog(): Promise<Backlog>;
}

export interface Backlog {
  readonly entries: number;
  /** Age of the oldest, ms; 0 where there is none. */
  readonly oldestAgeMs: number;
}

/** The rooms that have members, or had until a moment ago. Rejects where that can't be known. */
export interface RoomReader {
  activeRooms(): Promise<readonly string[]>;
}

/** Objects of the cluster as they were last seen, kept up to date by a watch. */
export interface ObjectView {
  /** Undefined until the first list has come. */
  objects(): readonly KubeObject[] | undefined;
  /** How long ago it was last known to be current, ms. */
  ageMs(): number;
  /** Calls back after changes. */
  onChange(callback: () => void): void;
}
