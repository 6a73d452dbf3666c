import type { Ledger } from "./accounting.ts";
import { comeBackAfter } from "./backoff.ts";
import { ChatConnection } from "./connection.ts";
import { MemberRoom } from "./member-room.ts";
import { messageId } from "./message-id.ts";
import type { Meter } from "./meter.ts";
import { PendingSend } from "./pending-send.ts";
import { type Fields, isFields, isPlace, type Outcome } from "./wire.ts";
import { holds, pause, type World } from "./world.ts";

export interface MemberParts {
  readonly world: World;
  readonly ledger: Ledger;
  readonly meter: Meter;
  /** User id; at most 44 characters of those that message ids have. */
  readonly name: string;
  readonly url: string;
  readonly path: string;
  readonly token: () => string;
  readonly rooms: readonly string[];
  /** How long a send is tried, and a room is asked for, ms. */
  readonly patienceMs: number;
  /** Confirms what it got only now and then: see `MemberRoom`. */
  readonly lags?: boolean;
}

/** A user in some rooms: sends, receives, comes back, catches up, and has all of it counted. */
export class Member {
  readonly #parts: MemberParts;
  readonly #connection: ChatConnection;
  readonly #rooms = new Map<string, MemberRoom>();
  #gaveUp: string | undefined;
  #sends = 0;

  constructor(parts: MemberParts) {
    this.#parts = parts;
    const { world, url, path, token, meter } = parts;
    for (const room of parts.rooms) {
      const ask = (event: string, payload: object): Promise<Outcome> => this.#connection.ask(event, payload);
      const tell = (event: string, payload: object): void => this.#connection.tell(event, payload);
      this.#rooms.set(room, new MemberRoom({ ...parts, room, ask, tell, isOnline: () => this.#connection.isOnline }));
    }
    this.#connection = new ChatConnection({
      world,
      url,
      path,
      token,
      online: (ms) => {
        meter("chat_handshakes", 1);
        meter("chat_handshake_duration", ms);
        for (const room of this.#rooms.values()) void room.join();
      },
      offline: () => {
        for (const room of this.#rooms.values()) room.offline();
      },
      failed: (code, final) => {
        meter("chat_handshake_failures", 1);
        if (final) this.#gaveUp = code;
      },
      pushed: (event, payload) => this.#pushed(event, payload),
    });
  }

  get rooms(): readonly string[] {
    return this.#parts.rooms;
  }

  /** Whether it is in all of its rooms and knows of nothing that it has not got. */
  get isIn(): boolean {
    return this.#connection.isOnline && [...this.#rooms.values()].every((room) => room.isIn);
  }

  /** The code with which it was turned away for good. */
  get gaveUp(): string | undefined {
    return this.#gaveUp;
  }

  /** Sends to one of its rooms and tries again until there is an answer or patience is over. */
  async send(room: string, filler = ""): Promise<void> {
    const { world, ledger, name, patienceMs } = this.#parts;
    const at = world.now();
    const id = messageId(name, ++this.#sends, at);
    ledger.sent({ id, room, at });
    const send = new PendingSend();
    for (let tries = 0; await this.#isInBy(room, at + patienceMs); tries++) {
      const outcome = await this.#connection.ask("message:send", { room, id, text: `${id} ${filler}` });
      if (outcome.kind === "ok") return this.#accepted({ room, id }, outcome.answer);
      if (send.isOver(outcome)) break;
      await pause(world, this.#pauseAfter(outcome, tries));
    }
    if (send.refusal !== undefined) ledger.refused(id, send.refusal);
  }

  /** Asks for what it may have missed in every room. */
  catchUp(): void {
    for (const room of this.#rooms.values()) void room.join();
  }

  /** What it sent, as the history has it. Resolves with whether that could be read in all of its rooms. */
  async readBack(): Promise<boolean> {
    let read = true;
    for (const room of this.#rooms.values()) read = (await room.readBack(() => this.#isIn(room))) && read;
    return read;
  }

  /** Loses its connection, and comes back. */
  drop(): void {
    this.#connection.drop();
  }

  /** Nothing that comes from now on is owed to it. */
  leave(): void {
    const { ledger, rooms, name } = this.#parts;
    for (const room of rooms) ledger.left({ member: name, room });
  }

  close(): void {
    this.#connection.close();
  }

  #accepted({ room, id }: { readonly room: string; readonly id: string }, answer: Fields): void {
    if (!isPlace(answer)) throw new Error("accepted, and no place");
    const { ledger, meter, world } = this.#parts;
    const { epoch, seq } = answer;
    const ms = ledger.acknowledged({ id, room, epoch, seq, at: world.now() });
    if (ms !== undefined) meter("chat_ack_duration", ms);
    this.#rooms.get(room)?.own(seq);
  }

  #isIn(room: MemberRoom): Promise<boolean> {
    return holds(this.#parts.world, this.#parts.patienceMs, () => this.#connection.isOnline && room.isJoined);
  }

  #isInBy(room: string, deadline: number): Promise<boolean> {
    const { world } = this.#parts;
    const left = deadline - world.now();
    return left <= 0 ? Promise.resolve(false) : holds(world, left, () => this.#rooms.get(room)?.isJoined === true);
  }

  #pauseAfter(outcome: Outcome, tries: number): number {
    const told = outcome.kind === "refused" ? outcome.refusal.retryAfterMs : undefined;
    return told ?? comeBackAfter(tries, this.#parts.world.random()) / 4;
  }

  #pushed(event: string, payload: unknown): void {
    if (!isFields(payload)) return;
    const room = this.#rooms.get(String(payload["room"]));
    if (event === "messages") room?.pushed(payload["entries"]);
    else if (event === "room:resync") void room?.join();
  }
}
