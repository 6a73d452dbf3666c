import type { ChatClient, ConnectionState } from "../src/client/index.ts";
import { Banner } from "./banner.ts";
import { Composer } from "./composer.ts";
import { byId, make } from "./dom.ts";
import { icon } from "./icons.ts";
import type { Profile } from "./identity.ts";
import { initials } from "./message-item.ts";
import { MessageList } from "./message-list.ts";
import { firstRoom, hashOf, loadRooms, roomInHash, saveRooms } from "./room-names.ts";
import { sentenceFor, waitingSentence } from "./sentences.ts";
import { Session } from "./session.ts";
import { Sidebar } from "./sidebar.ts";

/** How long a message may wait for its answer before the page says that it was not sent, ms. */
const deadlineMs = 5 * 60_000;

/** The page: which room is shown, and everything that follows from it. */
export class App {
  readonly #chat: ChatClient;
  readonly #profile: Profile;
  readonly #sessions = new Map<string, Session>();
  readonly #banner = new Banner();
  readonly #sidebar = new Sidebar((room) => this.#go(room));
  readonly #composer: Composer;
  readonly #list: MessageList;
  readonly #unread = byId("unread", HTMLButtonElement);
  #rooms = loadRooms(localStorage);
  #session: Session;
  #due = false;

  constructor(chat: ChatClient, profile: Profile) {
    this.#chat = chat;
    this.#profile = profile;
    this.#composer = this.#makeComposer();
    this.#list = this.#makeList();
    this.#session = this.#open(roomInHash(location.hash) ?? firstRoom);
    for (const room of this.#rooms) this.#open(room);
    this.#show(this.#session);
    this.#composer.offer();
    this.#bind();
  }

  #bind(): void {
    const chat = this.#chat;
    const follow = (state: ConnectionState): void => {
      this.#banner.show(state, () => chat.retryNow());
      this.#changed();
    };
    follow(chat.state);
    chat.on("state", follow);
    this.#unread.addEventListener("click", () => this.#list.toEnd());
    window.addEventListener("online", () => chat.retryNow());
    window.addEventListener("hashchange", () => this.#go(roomInHash(location.hash) ?? this.#session.room.name));
    byId("skip", HTMLAnchorElement).addEventListener("click", (event) => {
      event.preventDefault();
      this.#composer.focus();
    });
    document.addEventListener("visibilitychange", () => this.#changed());
  }

  #makeComposer(): Composer {
    return new Composer({
      send: (text) => {
        this.#session.send(text);
        this.#render();
        this.#list.toEnd();
      },
      edit: (seq, text) => this.#session.edit(seq, text),
      typing: (on) => this.#session.room.typing(on),
      editLast: () => this.#edit(this.#session.lastOwn?.seq),
    });
  }

  #makeList(): MessageList {
    return new MessageList({
      scroller: byId("scroll", HTMLElement),
      log: byId("log", HTMLOListElement),
      nearTop: () => void this.#session.loadOlder(),
      atEnd: (is) => {
        if (is) this.#session.trim();
        this.#changed();
      },
      actions: {
        react: (seq, emoji) => this.#session.react(seq, emoji),
        edit: (seq) => this.#edit(seq),
        delete: (seq) => this.#session.delete(seq),
        retry: (id) => this.#session.retry(id),
        discard: (id) => this.#session.discard(id),
      },
    });
  }

  #edit(seq: number | undefined): void {
    const entry = seq === undefined ? undefined : this.#session.get(seq);
    if (entry !== undefined) this.#composer.startEditing(entry.seq, entry.text ?? "");
  }

  #go(name: string): void {
    if (name !== this.#session.room.name) {
      this.#session.draft = this.#composer.draft;
      this.#session.room.priority = 0;
      this.#session.room.typing(false);
      this.#session = this.#open(name);
      this.#show(this.#session);
    }
    this.#sidebar.close();
    this.#composer.offer();
  }

  #open(name: string): Session {
    const known = this.#sessions.get(name);
    if (known !== undefined && known.room.state.status !== "out") return known;
    if (!this.#rooms.includes(name)) this.#rooms = [...this.#rooms, name];
    saveRooms(localStorage, this.#rooms);
    const session: Session = new Session({
      room: this.#chat.join(name, { deadlineMs }),
      me: { id: this.#profile.sub, name: this.#profile.name },
      changed: () => this.#changed(),
      arrived: (count) => this.#arrived(session, count),
      problem: (sentence) => this.#composer.say(sentence),
    });
    this.#sessions.set(name, session);
    session.room.on("policy", () => this.#heed(this.#session));
    return session;
  }

  #show(session: Session): void {
    const { name } = session.room;
    // The room on screen comes back first after a loss.
    session.room.priority = 1;
    if (location.hash !== hashOf(name)) history.replaceState(null, "", hashOf(name));
    byId("room-name", HTMLElement).textContent = name;
    this.#composer.show(session.draft, name);
    this.#heed(session);
    this.#list.clear();
    this.#render();
    this.#list.toEnd();
  }

  /** The field keeps to what holds in the room that is shown. */
  #heed({ room }: Session): void {
    if (room.policy !== undefined) this.#composer.textBytes = room.policy.textBytes;
  }

  #arrived(session: Session, count: number): void {
    const seen = session === this.#session && this.#list.isAtEnd && !document.hidden;
    if (!seen) session.unseen += count;
  }

  /** Draws once, soon, however much has changed. */
  #changed(): void {
    if (this.#due) return;
    this.#due = true;
    const draw = (): void => {
      this.#due = false;
      this.#render();
    };
    if (document.hidden) setTimeout(draw);
    else requestAnimationFrame(draw);
  }

  #render(): void {
    const session = this.#session;
    if (this.#list.isAtEnd && !document.hidden) session.unseen = 0;
    this.#list.render(session.rows);
    this.#showEdge(session);
    this.#banner.notice(waitingSentence(session.setback?.code), session.setback?.until);
    this.#showUnread(session.unseen);
    byId("typing", HTMLElement).textContent = typingSentence(session.typists);
    this.#composer.enable(session.room.state.status !== "out");
    this.#sidebar.render(
      this.#rooms.map((name) => ({
        name,
        current: name === session.room.name,
        unseen: name === session.room.name ? 0 : (this.#sessions.get(name)?.unseen ?? 0),
      })),
    );
    const all = [...this.#sessions.values()].reduce((sum, { unseen }) => sum + unseen, 0);
    document.title = `${all > 0 ? `(${all}) ` : ""}${session.room.name} · Weir`;
  }

  #showEdge({ room, extent, rows }: Session): void {
    const edge = byId("edge", HTMLElement);
    if (room.state.status === "out" && this.#chat.state.status !== "closed") {
      edge.textContent =
        room.state.error === undefined ? "You are no longer in this room." : sentenceFor(room.state.error);
    } else if (!extent.joined) edge.textContent = "Opening the room…";
    else if (rows.length === 0) edge.textContent = "Nobody has written here yet. Say hello!";
    else edge.textContent = extent.complete ? `This is the beginning of ${room.name}.` : "Loading older messages…";
  }

  #showUnread(count: number): void {
    const away = !this.#list.isAtEnd;
    this.#unread.hidden = !away;
    const label = count === 0 ? "Newest messages" : `${count} new message${count === 1 ? "" : "s"}`;
    if (this.#unread.textContent !== label) this.#unread.replaceChildren(icon("down"), make("span", {}, [label]));
  }
}

function typingSentence(names: readonly string[]): string {
  const [first, second] = names;
  if (first === undefined) return "";
  if (second === undefined) return `${first} is typing…`;
  return names.length === 2 ? `${first} and ${second} are typing…` : "Several people are typing…";
}

/** The button with the own name. */
export function showMe(name: string): void {
  const face = make("span", { class: "avatar shown", attributes: { "aria-hidden": "true" } }, [initials(name)]);
  const me = byId("me", HTMLButtonElement);
  me.replaceChildren(face, make("span", { class: "name" }, [name]));
  me.setAttribute("aria-label", `You are ${name}. Change your name`);
}
