import type { ConnectionState } from "../src/client/index.ts";
import { byId } from "./dom.ts";
import { sentenceFor } from "./sentences.ts";

const labels: Readonly<Record<ConnectionState["status"], string>> = {
  connecting: "Connecting",
  online: "Online",
  offline: "Offline",
  closed: "Closed",
};

/** Says how the connection is, and what will happen next. */
export class Banner {
  readonly #bar = byId("banner", HTMLElement);
  readonly #text = byId("banner-text", HTMLElement);
  readonly #count = byId("banner-count", HTMLElement);
  readonly #button = byId("banner-action", HTMLButtonElement);
  readonly #state = byId("state", HTMLElement);
  #wasOnline = false;
  #isOnline = false;
  #notice = "";
  #noticeUntil: number | undefined;
  #ticking: number | undefined;
  #act: () => void = () => undefined;

  constructor() {
    this.#button.addEventListener("click", () => this.#act());
  }

  show(state: ConnectionState, retryNow: () => void): void {
    window.clearInterval(this.#ticking);
    this.#state.textContent = labels[state.status];
    this.#state.dataset["status"] = state.status;
    this.#isOnline = state.status === "online";
    this.#wasOnline ||= this.#isOnline;
    switch (state.status) {
      case "online":
        return this.#showNotice();
      case "connecting":
        return this.#say(this.#wasOnline ? "Connecting again…" : "Connecting…");
      case "offline":
        this.#say("You are offline. What you write is sent as soon as you are back.", "Try now", retryNow);
        return this.#countDown(state.retryAt);
      case "closed":
        return this.#say(sentenceFor(state.reason), "Reload", () => window.location.reload());
      default:
        return state satisfies never;
    }
  }

  /** Says why something takes longer than usual, and until when (Unix ms), while there is a connection. An empty sentence takes it away. */
  notice(sentence: string, until?: number): void {
    if (sentence === this.#notice && until === this.#noticeUntil) return;
    this.#notice = sentence;
    this.#noticeUntil = until;
    if (this.#isOnline) this.#showNotice();
  }

  #showNotice(): void {
    window.clearInterval(this.#ticking);
    if (this.#notice === "") this.#bar.hidden = true;
    else this.#say(this.#notice);
    if (this.#noticeUntil !== undefined) this.#countDown(this.#noticeUntil);
  }

  #say(text: string, button = "", act: () => void = () => undefined): void {
    if (this.#text.textContent !== text) this.#text.textContent = text;
    this.#count.textContent = "";
    this.#button.textContent = button;
    this.#button.hidden = button === "";
    this.#act = act;
    this.#bar.hidden = false;
  }

  /** Not part of what is announced: a number that changes every second is noise to those who listen. */
  #countDown(until: number): void {
    const tick = (): void => {
      const seconds = Math.max(0, Math.ceil((until - Date.now()) / 1_000));
      this.#count.textContent = seconds > 0 ? `Next try in ${seconds} s` : "";
    };
    tick();
    this.#ticking = window.setInterval(tick, 1_000);
  }
}
