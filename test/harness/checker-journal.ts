import type { Entry } from "../../src/chat/entry.ts";
import type { Position } from "../../src/chat/position.ts";
import type { Durability } from "../../src/protocol/schemas.ts";

/** What a client asks to be appended: a message or a change to one, as it goes over the wire. */
export interface Outgoing {
  readonly kind: "message" | "edit" | "delete" | "reaction";
  readonly room: string;
  readonly id: string;
  /** Of a message or an edit. */
  readonly text?: string;
  /** Seq of the message that a change is about. */
  readonly target?: number;
  readonly emoji?: string;
  readonly on?: boolean;
  /** The tier that was asked for, where one was. */
  readonly tier?: Durability;
}

/** What happened to one client, in the order in which it happened to all of them: one process writes the whole journal. */
export type Op =
  | (Outgoing & { readonly op: "invoke"; readonly sender: string })
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
      readonly kind: string;
      readonly id: string;
      readonly from: string;
      readonly text: string | undefined;
    })
  /** The client heard that everything up to this place is in the store. */
  | (Position & { readonly op: "stored"; readonly client: string; readonly room: string })
  /** The server said that something is missing after this client's last position, and where the room ends now. */
  | {
      readonly op: "gap";
      readonly client: string;
      readonly room: string;
      readonly after: Position;
      readonly head: Position;
    };

interface Answered {
  readonly id: string;
  readonly sender: string;
  /** The tier that the answer named. */
  readonly tier: Durability;
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
  readonly target: number | undefined;
  readonly emoji: string | undefined;
  readonly on: boolean | undefined;
  /** Of a message: it was deleted. */
  readonly deleted: boolean;
  /** Of a message: the users who react, by emoji. */
  readonly reactions: Readonly<Record<string, readonly string[]>>;
}

export function recordedOf(entry: Entry): Recorded {
  const { kind, id, from, text, epoch, seq, target, emoji, on, deleted, reactions = {} } = entry;
  return {
    kind,
    id,
    from: from.id,
    text,
    epoch,
    seq,
    target,
    emoji,
    on,
    deleted: deleted !== undefined,
    reactions,
  };
}

/** All that is known about one run. */
export interface Run {
  readonly ops: readonly Op[];
  /** By room, ascending by seq, with changes folded into messages, read after everything was stored. */
  readonly history: ReadonlyMap<string, readonly Recorded[]>;
  /** Tiers at which the fault of this run may lose what was acknowledged, together with the epoch; none where nothing is said. */
  readonly losable?: ReadonlySet<Durability>;
  /** The least that every answer promises; `fast` where nothing is said. */
  readonly floor?: Durability | undefined;
  /** Whether messages expired during the run: then a gap needs no new epoch. */
  readonly expires?: boolean;
  /** The marks (`textMark`) of all texts that log, store and dead letters still hold at the end; absent where nobody looked. */
  readonly remaining?: ReadonlySet<string>;
}

/** I9 is not among them: nothing outside can see it. */
export type Invariant =
  | ("I1" | "I2" | "I3" | "I4" | "I5" | "I6" | "I7" | "I8")
  | ("I10" | "I11" | "I12" | "I13" | "I14" | "I15" | "I16");

export interface Violation {
  readonly invariant: Invariant;
  readonly detail: string;
}

/** Collects violations; of each kind the first few are enough to look at. */
export type Report = (invariant: Invariant, detail: string) => void;

export function show({ epoch, seq }: Position): string {
  return `(${epoch},${seq})`;
}

/** What the text of this message or edit begins with, and no other text contains. */
export function textMark(id: string): string {
  return `<${id}>`;
}

/** All marks in the raw contents of a store. */
export function textMarksIn(raw: string): Set<string> {
  return new Set(raw.match(/<[\w-]+>/g) ?? []);
}
