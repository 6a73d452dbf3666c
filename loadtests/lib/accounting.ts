import { Recorder } from "./histogram.ts";
import { comparePlaces, type Place } from "./holes.ts";
import { type CatchUpAnswer, MemberView } from "./member-view.ts";
import { sentAtOf } from "./message-id.ts";
import { OwnSends } from "./own-sends.ts";
import { emptyVerdict, type Verdict } from "./verdict.ts";

/** As much of an entry as is counted. */
export interface CountedEntry extends Place {
  readonly id: string;
}

/** Who, and in which room. Names of members are unique in a ledger. */
export interface Membership {
  readonly member: string;
  readonly room: string;
}

/**
 * What clients of a load test send, are told and receive, and what that adds up to. One for each process (or each k6 user); the
 * verdicts are added. A member takes memory for what it misses only; a send is remembered until the end, because only the history
 * that is read back then can say that it is there. Times are Unix ms.
 */
export class Ledger {
  readonly #sends = new OwnSends();
  readonly #rooms = new Map<string, Map<string, MemberView>>();
  readonly #heads = new Map<string, Place>();
  readonly #ack = new Recorder();
  readonly #delivery = new Recorder();

  /** A message goes out. The same id again is a retry. */
  sent({ id, room, at }: { readonly id: string; readonly room: string; readonly at: number }): void {
    this.#sends.add(id, room, at);
  }

  /** The answer to a send. Returns how long it took, ms; undefined where it was known already. */
  acknowledged(answer: CountedEntry & { readonly room: string; readonly at: number }): number | undefined {
    const sentAt = this.#sends.accept(answer.id, answer);
    this.#know(answer.room, answer);
    if (sentAt === undefined) return undefined;
    this.#ack.record(answer.at - sentAt);
    return answer.at - sentAt;
  }

  /** The send was refused for good, or nobody tries it again. Without knowing whether it was stored, say nothing. */
  refused(id: string, code: string): void {
    this.#sends.refuse(id, code);
  }

  /** Joined without `after`: everything after the head is for this member from now on. */
  joined({ member, room }: Membership, head: Place): void {
    const members = this.#rooms.get(room) ?? new Map<string, MemberView>();
    this.#rooms.set(room, members);
    const view = members.get(member);
    if (view === undefined) members.set(member, new MemberView({ epoch: head.epoch, seq: head.seq }));
    else view.enter(head);
    this.#know(room, head);
  }

  /** Joined with `after`, be it after a reconnect, a resync or a hole. */
  caughtUp({ member, room }: Membership, answer: CatchUpAnswer): void {
    this.#view({ member, room }).catchUp(answer);
    this.#know(room, answer.head);
  }

  /** Left, or lost the connection: what comes from now on is owed only after it has joined again with `after`. */
  left({ member, room }: Membership): void {
    this.#rooms.get(room)?.get(member)?.leave();
  }

  /** A pushed entry arrived. Returns how long ago it was sent, ms, where its id tells (see `messageId`). */
  delivered({ member, room }: Membership, entry: CountedEntry, at: number): number | undefined {
    this.#view({ member, room }).push(entry);
    this.#sends.seen(entry.id, entry);
    this.#know(room, entry);
    const sentAt = sentAtOf(entry.id);
    if (sentAt === undefined) return undefined;
    this.#delivery.record(at - sentAt);
    return at - sentAt;
  }

  /** Read back from the history of a room, all that concerns this ledger, in any number of pages. */
  stored(room: string, entries: readonly CountedEntry[]): void {
    this.#sends.readBack(room, entries);
    for (const entry of entries) this.#know(room, entry);
  }

  /** Up to where a member has everything: what to join with as `after`; undefined for one who never joined. */
  placeOf({ member, room }: Membership): Place | undefined {
    return this.#rooms.get(room)?.get(member)?.place;
  }

  /** Whether every send has its answer and every member in a room has all that is known to be there. */
  isSettled(): boolean {
    const { unanswered, missing } = this.verdict();
    return unanswered === 0 && missing === 0;
  }

  /** As it stands now. */
  verdict(): Verdict {
    const { sent, accepted, refusedBy, stored, storedTwice, displaced } = this.#sends;
    const views = this.#total();
    return {
      ...views,
      ...this.#sends.notStored(),
      sent,
      accepted,
      refusedBy: { ...refusedBy },
      stored,
      storedTwice,
      outOfOrder: views.outOfOrder + displaced,
      ack: this.#ack.read(),
      delivery: this.#delivery.read(),
    };
  }

  #total(): Verdict {
    const total: { -readonly [K in keyof Verdict]: Verdict[K] } = { ...emptyVerdict };
    for (const [room, members] of this.#rooms) {
      const head = this.#heads.get(room);
      for (const view of members.values()) {
        total.delivered += view.delivered;
        total.missing += view.missing(head);
        total.duplicated += view.duplicated;
        total.outOfOrder += view.outOfOrder;
        total.gapsFilled += view.gapsFilled;
        total.caughtUp += view.caughtUp;
        total.declared += view.declared;
      }
    }
    return total;
  }

  #view({ member, room }: Membership): MemberView {
    const view = this.#rooms.get(room)?.get(member);
    if (view === undefined) throw new Error(`${member} got something of ${room} without having joined it`);
    return view;
  }

  #know(room: string, { epoch, seq }: Place): void {
    const head = this.#heads.get(room);
    if (head === undefined || comparePlaces({ epoch, seq }, head) > 0) this.#heads.set(room, { epoch, seq });
  }
}
