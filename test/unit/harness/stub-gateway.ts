import { once } from "node:events";
import { createServer } from "node:http";
import { Server, type Socket } from "socket.io";
import type { Entry, NewEntry } from "../../../src/chat/entry.ts";
import { fold } from "../../../src/chat/fold.ts";
import { type Recorded, recordedOf } from "../../harness/checker-journal.ts";

interface SendRequest extends Omit<NewEntry, "kind" | "from"> {
  readonly durability?: string;
}

const changesText: ReadonlySet<string> = new Set(["edit", "delete"]);

const kinds = {
  "message:send": "message",
  "message:edit": "edit",
  "message:delete": "delete",
  "message:react": "reaction",
} as const;

interface JoinRequest {
  readonly room: string;
  readonly after?: { readonly seq: number };
  readonly limit: number;
}

/** The least that a chat load can talk to: one process, one epoch, everything in memory. It can be told to be unreliable. */
export class StubGateway implements AsyncDisposable {
  /** Appends, but answers that it does not know. */
  answerUnavailable: () => boolean = () => false;
  /** Does not push an entry, as a lost publication would. */
  losePush: () => boolean = () => false;
  /** Says that it stored what it did not. */
  forget: () => boolean = () => false;
  /** Answers that all is stored that a room ever had, and more. */
  overstate: () => boolean = () => false;
  readonly #http = createServer();
  readonly #io = new Server(this.#http, { path: "/rt" });
  readonly #rooms = new Map<string, Entry[]>();

  async start(): Promise<void> {
    this.#io.of("/chat").on("connection", (socket) => this.#serve(socket));
    this.#http.listen(0, "127.0.0.1");
    await once(this.#http, "listening");
  }

  get url(): string {
    const address = this.#http.address();
    return `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  }

  /** Ends every transport, as a crash of a gateway would. */
  dropAll(): void {
    for (const socket of this.#io.of("/chat").sockets.values()) socket.conn.close();
  }

  history(): Map<string, Recorded[]> {
    return new Map([...this.#rooms].map(([room, entries]) => [room, stored(entries)]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#io.close();
  }

  #serve(socket: Socket): void {
    const user = userOf(socket.handshake.auth["token"]);
    socket.on("room:join", (request: JoinRequest, answer: (value: object) => void) => {
      void socket.join(request.room);
      const all = this.#room(request.room);
      const missed = all.filter((entry) => entry.seq > (request.after?.seq ?? 0));
      const entries = missed.slice(0, request.limit);
      const more = entries.length < missed.length ? { more: true } : {};
      answer({
        ok: true,
        head: { epoch: "1", seq: all.length },
        entries,
        storedSeq: all.length,
        storedEpoch: "1",
        ...more,
      });
    });
    for (const [event, kind] of Object.entries(kinds))
      socket.on(event, (request: SendRequest, answer: (value: object) => void) => {
        const { durability = "fast", ...rest } = request;
        const of = { kind, from: { id: user }, ...rest };
        if (this.#isDeleted(of))
          return answer({ ok: false, error: { code: "CONFLICT", message: "", retryable: false } });
        const { id, epoch, seq } = this.#append(of);
        if (!this.answerUnavailable()) return answer({ ok: true, id, epoch, seq, durability });
        answer({ ok: false, error: { code: "UNAVAILABLE", message: "", retryable: true, retryAfterMs: 5 } });
      });
  }

  #isDeleted({ room, id, target }: NewEntry): boolean {
    return this.#room(room).some((entry) => entry.kind === "delete" && entry.target === target && entry.id !== id);
  }

  #room(name: string): Entry[] {
    const room = this.#rooms.get(name) ?? [];
    this.#rooms.set(name, room);
    return room;
  }

  #append(of: NewEntry): Entry {
    const room = this.#room(of.room);
    const before = room.find((entry) => entry.id === of.id);
    if (before !== undefined) return before;
    const entry: Entry = { ...of, epoch: "1", seq: room.length + 1, at: 0 };
    if (this.forget()) return entry;
    room.push(entry);
    const storedSeq = this.overstate() ? entry.seq + 1_000 : entry.seq;
    if (!this.losePush())
      this.#io
        .of("/chat")
        .to(of.room)
        .emit("messages", { room: of.room, entries: [entry], storedSeq, storedEpoch: "1" });
    return entry;
  }
}

/** With changes folded in, and without the texts that later changes took away. */
function stored(entries: readonly Entry[]): Recorded[] {
  const last = new Map(entries.flatMap(({ kind, target, id }) => (changesText.has(kind) ? [[target, id]] : [])));
  return fold(entries, entries)
    .map(recordedOf)
    .map((entry) =>
      entry.kind === "edit" && last.get(entry.target) !== entry.id ? { ...entry, text: undefined } : entry,
    );
}

/** Believes the token. */
function userOf(token: unknown): string {
  const [, claims = ""] = String(token).split(".");
  const parsed: unknown = JSON.parse(Buffer.from(claims, "base64url").toString());
  return typeof parsed === "object" && parsed !== null && "sub" in parsed ? String(parsed.sub) : "nobody";
}
