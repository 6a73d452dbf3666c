import { once } from "node:events";
import { createServer } from "node:http";
import { Server, type Socket } from "socket.io";
import type { Entry } from "../../../src/chat/entry.ts";
import type { Recorded } from "../../harness/checker-journal.ts";

interface SendRequest {
  readonly room: string;
  readonly id: string;
  readonly text: string;
}

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
    return new Map([...this.#rooms].map(([room, entries]) => [room, entries.map(recorded)]));
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
      answer({ ok: true, head: { epoch: "1", seq: all.length }, entries, ...more });
    });
    socket.on("message:send", (request: SendRequest, answer: (value: object) => void) => {
      const entry = this.#append(request, user);
      if (!this.answerUnavailable()) return answer({ ok: true, id: request.id, epoch: "1", seq: entry.seq });
      answer({ ok: false, error: { code: "UNAVAILABLE", message: "", retryable: true, retryAfterMs: 5 } });
    });
  }

  #room(name: string): Entry[] {
    const room = this.#rooms.get(name) ?? [];
    this.#rooms.set(name, room);
    return room;
  }

  #append({ room: name, id, text }: SendRequest, user: string): Entry {
    const room = this.#room(name);
    const before = room.find((entry) => entry.id === id);
    if (before !== undefined) return before;
    const entry: Entry = {
      kind: "message",
      room: name,
      id,
      text,
      from: { id: user },
      epoch: "1",
      seq: room.length + 1,
      at: 0,
    };
    if (this.forget()) return entry;
    room.push(entry);
    if (!this.losePush())
      this.#io
        .of("/chat")
        .to(name)
        .emit("messages", { room: name, entries: [entry] });
    return entry;
  }
}

function recorded({ kind, id, from, text, epoch, seq }: Entry): Recorded {
  return { kind, id, from: from.id, text, epoch, seq };
}

/** Believes the token. */
function userOf(token: unknown): string {
  const [, claims = ""] = String(token).split(".");
  const parsed: unknown = JSON.parse(Buffer.from(claims, "base64url").toString());
  return typeof parsed === "object" && parsed !== null && "sub" in parsed ? String(parsed.sub) : "nobody";
}
