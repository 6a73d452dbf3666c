import { ChatError, type Entry, type ErrorCode, newId, type Room } from "../src/client/index.ts";
import { type Outgoing, type Row, rowsOf } from "./rows.ts";
import { failureSentence, sentenceFor } from "./sentences.ts";
import { Timeline } from "./timeline.ts";

/** Someone who stopped without saying so is taken off after this time, ms. */
const typingMs = 6_000;
const pageSize = 50;

export interface SessionParts {
  readonly room: Room;
  readonly me: { readonly id: string; readonly name: string };
  /** Something that is shown has changed. */
  readonly changed: () => void;
  /** Others' new messages were delivered, live. */
  readonly arrived: (count: number) => void;
  /** Something the reader asked for did not work. */
  readonly problem: (sentence: string) => void;
}

/** One room as the page has it open: what is loaded, what is on its way, who types. */
export class Session {
  readonly #parts: SessionParts;
  readonly #timeline = new Timeline();
  readonly #typists = new Map<string, { readonly name: string; readonly timer: number }>();
  #outgoing: readonly Outgoing[] = [];
  #joined = false;
  /** Once up to date for the first time: from then on, what is delivered is new. */
  #opened = false;
  #loading = false;
  /** What is written and not sent yet. */
  draft = "";
  /** Others' messages that were not seen yet. */
  unseen = 0;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#listen(parts.room);
  }

  get room(): Room {
    return this.#parts.room;
  }

  get rows(): Row[] {
    const { room, me } = this.#parts;
    const targets = room.pending.map(({ payload }) => ("target" in payload ? payload.target : 0));
    return rowsOf({
      timeline: this.#timeline,
      outgoing: this.#outgoing,
      storedSeq: room.storedSeq,
      changing: new Set(targets),
      me,
    });
  }

  /** Whether something is shown or known to be absent, and whether older messages can be asked for. */
  get extent(): { readonly joined: boolean; readonly complete: boolean } {
    return { joined: this.#joined, complete: this.#timeline.complete };
  }

  /** Why what was written waits, where the server said why, and until when, Unix ms. */
  get setback(): { readonly code: ErrorCode; readonly until: number | undefined } | undefined {
    const waiting = this.#parts.room.pending.find(({ setback }) => setback !== undefined);
    return waiting?.setback === undefined ? undefined : { code: waiting.setback, until: waiting.retryAt };
  }

  get typists(): readonly string[] {
    return [...this.#typists.values()].map(({ name }) => name);
  }

  get lastOwn(): Entry | undefined {
    return this.#timeline.entries.findLast(
      ({ from, deleted }) => from.id === this.#parts.me.id && deleted === undefined,
    );
  }

  get(seq: number): Entry | undefined {
    return this.#timeline.get(seq);
  }

  send(text: string): void {
    const out: Outgoing = { id: newId(), text, at: Date.now(), progress: "sending" };
    this.#outgoing = [...this.#outgoing, out];
    this.#parts.changed();
    void this.#post(out);
  }

  /** Sends a failed message again, under its old id. */
  retry(id: string): void {
    const out = this.#outgoing.find((one) => one.id === id);
    if (out === undefined) return;
    const { problem: _problem, ...again } = out;
    this.#replace({ ...again, progress: "sending" });
    void this.#post(out);
  }

  discard(id: string): void {
    this.#outgoing = this.#outgoing.filter((out) => out.id !== id);
    this.#parts.changed();
  }

  edit(seq: number, text: string): void {
    void this.#change(this.room.edit(seq, text));
  }

  delete(seq: number): void {
    void this.#change(this.room.delete(seq));
  }

  react(seq: number, emoji: string): void {
    const users = this.#timeline.get(seq)?.reactions?.[emoji] ?? [];
    void this.#change(this.room.react(seq, emoji, !users.includes(this.#parts.me.id)));
  }

  /** Loads the page before the oldest message, or the newest where none is loaded. Resolves when it is there. */
  async loadOlder(): Promise<void> {
    const before = this.#timeline.oldest;
    if (this.#loading || !this.#joined || this.#timeline.complete) return;
    this.#loading = true;
    try {
      const { entries, more } = await this.room.history({
        ...(before === undefined ? {} : { before }),
        limit: pageSize,
      });
      this.#timeline.prepend(entries, more && entries.length > 0);
      this.#parts.changed();
    } catch (error) {
      if (!(error instanceof ChatError) || error.code !== "UNAVAILABLE") this.#parts.problem(sentenceFor(error));
    } finally {
      this.#loading = false;
    }
  }

  /** Lets go of old messages while the reader is at the end. */
  trim(): void {
    this.#timeline.trim();
  }

  #listen(room: Room): void {
    const { changed } = this.#parts;
    room.on("entries", (entries) => this.#delivered(entries));
    room.on("gap", ({ after, head }) => this.#timeline.breakAfter(Math.min(after.seq, head.seq)));
    room.on("stored", changed);
    room.on("pending", changed);
    room.on("state", ({ status }) => {
      this.#opened ||= status === "live";
      changed();
    });
    room.on("typing", ({ user, on }) => this.#typing(user.id, user.name ?? user.id, on));
    room.on("joined", ({ entries }) => {
      if (!this.#joined && entries.length === 0) this.#timeline.complete = true;
      this.#joined = true;
      changed();
    });
  }

  #delivered(entries: readonly Entry[]): void {
    const { me, arrived, changed } = this.#parts;
    this.#timeline.add(entries);
    const others = entries.filter(({ kind, from }) => kind === "message" && from.id !== me.id);
    for (const { from } of others) this.#typing(from.id, "", false);
    const mine = new Set(entries.filter(({ from }) => from.id === me.id).map(({ id }) => id));
    this.#outgoing = this.#outgoing.filter(({ id }) => !mine.has(id));
    if (this.#opened && others.length > 0) arrived(others.length);
    changed();
  }

  #typing(id: string, name: string, on: boolean): void {
    window.clearTimeout(this.#typists.get(id)?.timer);
    const was = this.#typists.delete(id);
    if (on && id !== this.#parts.me.id) {
      this.#typists.set(id, { name, timer: window.setTimeout(() => this.#typing(id, name, false), typingMs) });
    }
    if (was || on) this.#parts.changed();
  }

  async #post(out: Outgoing): Promise<void> {
    try {
      await this.room.send(out.text, { id: out.id });
      this.#replace({ ...out, progress: "sent" });
    } catch (error) {
      this.#replace({ ...out, progress: "failed", problem: failureSentence(error) });
    }
  }

  /** Does nothing when the room has delivered the message meanwhile. */
  #replace(out: Outgoing): void {
    this.#outgoing = this.#outgoing.map((one) => (one.id === out.id ? out : one));
    this.#parts.changed();
  }

  async #change(answer: Promise<unknown>): Promise<void> {
    try {
      await answer;
    } catch (error) {
      this.#parts.problem(sentenceFor(error));
    }
  }
}
