import type { Position } from "../../src/chat/position.ts";

/** What happened to one client, in the order in which it happened to all of them: one process writes the whole journal. */
export type Op =
  | {
      readonly op: "invoke";
      readonly sender: string;
      readonly room: string;
      readonly id: string;
      readonly text: string;
    }
  | (Answered & Position & { readonly op: "ok"; readonly room: string })
  /** The last of the tries was refused for good, and no earlier one can have been stored. */
  | { readonly op: "fail"; readonly id: string; readonly code: string }
  /** Ended, within its deadline, without it being known whether it was stored. */
  | { readonly op: "info"; readonly id: string; readonly code: string }
  /** A try on a live connection got no answer at all in time. */
  | { readonly op: "hang"; readonly id: string }
  /** The client is in the room from this place on. */
  | { readonly op: "join"; readonly client: string; readonly room: string; readonly head: Position }
  | (Position & {
      readonly op: "deliver";
      readonly client: string;
      readonly room: string;
      readonly id: string;
      readonly from: string;
      readonly text: string | undefined;
    })
  /** The server said that something is missing after this client's last position. */
  | { readonly op: "gap"; readonly client: string; readonly room: string };

interface Answered {
  readonly id: string;
  readonly sender: string;
  /** 1 for the first try; 0 for one after it was acknowledged. */
  readonly attempt: number;
  /** Differs after each reconnect of the sender. */
  readonly connection: string;
}

/** An entry of the final history, reduced to what is compared. */
export interface Recorded extends Position {
  readonly kind: string;
  readonly id: string;
  readonly from: string;
  readonly text: string | undefined;
}

/** All that is known about one run. */
export interface Run {
  readonly ops: readonly Op[];
  /** By room, ascending by seq, read after everything was stored. */
  readonly history: ReadonlyMap<string, readonly Recorded[]>;
}

export type Invariant = "I1" | "I2" | "I3" | "I4" | "I5" | "I6" | "I7" | "I8" | "I10" | "I11" | "I12";

export interface Violation {
  readonly invariant: Invariant;
  readonly detail: string;
}

/** Collects violations; of each kind the first few are enough to look at. */
export type Report = (invariant: Invariant, detail: string) => void;

export function show({ epoch, seq }: Position): string {
  return `(${epoch},${seq})`;
}
