import type { Position } from "../../chat/position.ts";

/** `kept`: answers and notices, stored marks among them, which nothing else can give back. */
export type FrameKind = "durable" | "ephemeral" | "kept";

/** What a packet on its way out is about, as far as a full queue has to know. */
export interface Frame {
  readonly kind: FrameKind;
  readonly event: string;
  readonly room: string | undefined;
  readonly messages: number;
  /** The place before the first entry, for durable ones. */
  readonly before: Position | undefined;
  /** Seqs of the messages whose text an entry of it edits or deletes. */
  readonly superseded: readonly number[];
}

export function hasSeq({ before, messages }: Frame, seq: number): boolean {
  return before !== undefined && before.seq < seq && seq <= before.seq + messages;
}

const kinds: Readonly<Record<string, FrameKind>> = {
  messages: "durable",
  typing: "ephemeral",
  presence: "ephemeral",
  read: "ephemeral",
};

/** A Socket.IO event: type 2, a namespace, no acknowledgement, a list that begins with the name. */
const eventPacket = /^2\/[^,]+,(?=\["([a-z:]+)")/;

/** Reads an encoded Socket.IO packet. What it does not know is kept. */
export function readFrame(data: unknown): Frame {
  const [head = "", event = ""] = (typeof data === "string" ? eventPacket.exec(data) : undefined) ?? [];
  const kind = kinds[event] ?? "kept";
  const isRead = typeof data === "string" && (kind !== "kept" || event === "room:resync");
  return { kind, event, ...readPayload(isRead ? JSON.parse(data.slice(head.length)) : []) };
}

/** A room's frame goes to many queues one after the other, so the last one is remembered. */
export function createFrameReader(): (data: unknown) => Frame {
  let last: unknown;
  let frame: Frame | undefined;
  return (data) => {
    if (frame !== undefined && data === last) return frame;
    last = data;
    frame = readFrame(data);
    return frame;
  };
}

function readPayload(packet: unknown): Pick<Frame, "room" | "messages" | "before" | "superseded"> {
  const payload: unknown = Array.isArray(packet) ? packet[1] : undefined;
  const fields: { readonly room?: unknown; readonly entries?: unknown } =
    typeof payload === "object" && payload !== null ? payload : {};
  const entries: readonly unknown[] = Array.isArray(fields.entries) ? fields.entries : [];
  return {
    room: typeof fields.room === "string" ? fields.room : undefined,
    messages: Math.max(1, entries.length),
    before: placeBefore(entries[0]),
    superseded: entries.flatMap(targetOf),
  };
}

function targetOf(entry: unknown): number[] {
  if (typeof entry !== "object" || entry === null || !("kind" in entry && "target" in entry)) return [];
  return entry.kind === "edit" || entry.kind === "delete" ? [Number(entry.target)] : [];
}

function placeBefore(entry: unknown): Position | undefined {
  if (typeof entry !== "object" || entry === null || !("epoch" in entry && "seq" in entry)) return undefined;
  return { epoch: String(entry.epoch), seq: Number(entry.seq) - 1 };
}
