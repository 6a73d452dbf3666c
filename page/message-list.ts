import { dayLabel } from "./day.ts";
import { make } from "./dom.ts";
import { type MessageActions, messageItem, showProgress } from "./message-item.ts";
import { messageTools, type ToolActions } from "./message-tools.ts";
import { differsInProgressOnly, type MessageRow, type Row } from "./rows.ts";

interface Shown {
  readonly row: Row;
  readonly signature: string;
  readonly element: HTMLLIElement;
}

export interface ListParts {
  readonly scroller: HTMLElement;
  readonly log: HTMLOListElement;
  readonly actions: MessageActions & ToolActions;
  /** The reader came near the top. */
  readonly nearTop: () => void;
  /** The reader came to the end, or left it. */
  readonly atEnd: (is: boolean) => void;
}

/** From here on it counts as the end, px. */
const endZone = 60;
/** Older messages are asked for before the reader gets to the top, px. */
const topZone = 600;

/** Keeps the list's elements in step with its rows, and what the reader looks at in its place. */
export class MessageList {
  readonly #parts: ListParts;
  readonly #shown = new Map<string, Shown>();
  #active: string | undefined;
  #isAtEnd = true;

  constructor(parts: ListParts) {
    this.#parts = parts;
    parts.scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    new ResizeObserver(() => this.#isAtEnd && this.toEnd()).observe(parts.scroller);
    this.#followReader(parts.log);
    parts.log.addEventListener("keydown", (event) => this.#move(event));
    parts.scroller.addEventListener("keydown", (event) => this.#jump(event));
  }

  /** The tools are where the mouse is, the finger was, or the keyboard's focus is. */
  #followReader(log: HTMLElement): void {
    for (const event of ["focusin", "click"] as const) {
      log.addEventListener(event, ({ target }) => this.#activate(target));
    }
    log.addEventListener("pointerover", ({ target, pointerType }) => {
      if (pointerType === "mouse") this.#activate(target);
    });
    log.addEventListener("pointerleave", () => this.#rest());
    document.addEventListener("pointerdown", ({ target }) => {
      if (target instanceof Node && !log.contains(target)) this.#rest();
    });
  }

  get isAtEnd(): boolean {
    return this.#isAtEnd;
  }

  toEnd(): void {
    const { scroller } = this.#parts;
    scroller.scrollTop = scroller.scrollHeight;
  }

  /** Another room: nothing of the old one stays. */
  clear(): void {
    this.#shown.clear();
    this.#active = undefined;
    this.#isAtEnd = true;
    this.#parts.log.replaceChildren();
  }

  render(rows: readonly Row[]): void {
    const { log } = this.#parts;
    const keep = this.#anchor();
    const grows = rows[0]?.key !== this.#shown.keys().next().value;
    // Older messages are read when the reader goes to them; only new ones are worth an announcement.
    log.setAttribute("aria-live", grows ? "off" : "polite");
    this.#reconcile(rows);
    keep();
    this.#tabStop();
    this.#scrolled();
  }

  /** Remembers what the reader looks at; the returned function brings it back to the same place. */
  #anchor(): () => void {
    const { scroller, log } = this.#parts;
    if (this.#isAtEnd) return () => this.toEnd();
    const top = scroller.scrollTop;
    // A day's heading is no anchor: it stays above whatever is loaded before its first message, and the reader with it.
    const items = [...log.querySelectorAll<HTMLLIElement>("li.message")];
    const first = items.find((item) => item.offsetTop + item.offsetHeight > top);
    if (first === undefined) return () => undefined;
    const { key = "" } = first.dataset;
    const before = first.offsetTop - top;
    return () => {
      const now = this.#shown.get(key)?.element;
      if (now !== undefined) scroller.scrollTop = now.offsetTop - before;
    };
  }

  #reconcile(rows: readonly Row[]): void {
    const { log } = this.#parts;
    const next = rows.map((row) => this.#elementOrNotice(row));
    const wanted = new Set(next.map(({ element }) => element));
    for (const { element } of this.#shown.values()) if (!wanted.has(element)) element.remove();
    this.#shown.clear();
    for (const shown of next) this.#shown.set(shown.row.key, shown);
    for (const [i, { element }] of next.entries()) {
      const there = log.children[i];
      if (there !== element) log.insertBefore(element, there ?? null);
    }
  }

  /** A row that can't be shown has a notice in its place, so that it does not keep the others from being shown. */
  #elementOrNotice(row: Row): Shown {
    try {
      return this.#elementFor(row);
    } catch (error) {
      reportError(error);
      const notice = make("p", { class: "gone" }, ["This message can't be shown"]);
      const element = make("li", { class: "message", attributes: { tabindex: "-1" } }, [notice]);
      element.dataset["key"] = row.key;
      return { row, signature: JSON.stringify(row), element };
    }
  }

  #elementFor(row: Row): Shown {
    const signature = JSON.stringify(row);
    const before = this.#shown.get(row.key);
    if (before?.signature === signature) return before;
    if (before !== undefined && row.kind === "message" && differsInProgressOnly(before.row, row)) {
      showProgress(before.element, row);
      if (row.key === this.#active) this.#addTools(row, before.element);
      return { row, signature, element: before.element };
    }
    const element = this.#makeRow(row);
    if (before !== undefined) this.#replace(before, row, element);
    return { row, signature, element };
  }

  /** A message that changes under the reader's hands keeps the focus and its tools. */
  #replace(before: Shown, row: Row, element: HTMLLIElement): void {
    const focused = document.activeElement;
    const held = focused instanceof HTMLElement && before.element.contains(focused) ? focused : undefined;
    if (row.key === this.#active && row.kind === "message") this.#addTools(row, element);
    before.element.replaceWith(element);
    if (held === undefined) return;
    const label = held.getAttribute("aria-label");
    const same = [...element.querySelectorAll("button")].find((b) => b.getAttribute("aria-label") === label);
    (same ?? element).focus({ preventScroll: true });
  }

  #makeRow(row: Row): HTMLLIElement {
    if (row.kind === "message") return messageItem(row, this.#parts.actions);
    const text =
      row.kind === "day" ? dayLabel(row.at, Date.now()) : "Some messages between these could not be recovered";
    const item = make("li", { class: row.kind }, [make("span", {}, [text])]);
    item.dataset["key"] = row.key;
    return item;
  }

  #scrolled(): void {
    const { scroller, nearTop, atEnd } = this.#parts;
    const is = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < endZone;
    if (is !== this.#isAtEnd) {
      this.#isAtEnd = is;
      atEnd(is);
    }
    if (scroller.scrollTop < topZone) nearTop();
  }

  #activate(target: EventTarget | null): void {
    const item = target instanceof Element ? target.closest<HTMLLIElement>("li.message") : null;
    const key = item?.dataset["key"];
    if (item === null || key === undefined || key === this.#active) return;
    this.#withdrawTools();
    this.#active = key;
    const row = this.#shown.get(key)?.row;
    if (row?.kind === "message") this.#addTools(row, item);
    this.#tabStop();
  }

  #addTools(row: MessageRow, item: HTMLLIElement): void {
    const tools = item.querySelector(".tools") === null ? messageTools(row, this.#parts.actions) : undefined;
    if (tools !== undefined) item.querySelector(".column")?.append(tools);
  }

  #rest(): void {
    if (this.#parts.log.contains(document.activeElement)) return;
    this.#withdrawTools();
    this.#active = undefined;
    this.#tabStop();
  }

  #withdrawTools(): void {
    for (const tools of this.#parts.log.querySelectorAll(".tools")) tools.remove();
  }

  /** One message at a time can be reached with Tab, the others with the arrow keys from there. */
  #tabStop(): void {
    const { log } = this.#parts;
    for (const item of log.querySelectorAll('li.message[tabindex="0"]')) item.setAttribute("tabindex", "-1");
    const active = this.#active === undefined ? undefined : this.#shown.get(this.#active)?.element;
    const stop = active ?? [...log.querySelectorAll("li.message")].at(-1);
    stop?.setAttribute("tabindex", "0");
  }

  /**
   * Home and End jump at once. The browser's own way to the top is an animation, which goes on to each page that is loaded meanwhile, up to
   * the first message of the room.
   */
  #jump(event: KeyboardEvent): void {
    if ((event.key !== "Home" && event.key !== "End") || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    const { scroller, log } = this.#parts;
    const items = [...log.querySelectorAll<HTMLLIElement>("li.message")];
    const focused = log.contains(document.activeElement);
    if (focused) (event.key === "Home" ? items[0] : items.at(-1))?.focus({ preventScroll: true });
    if (event.key === "Home") scroller.scrollTop = 0;
    else this.toEnd();
  }

  #move(event: KeyboardEvent): void {
    const step = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
    if (step === 0 || !(event.target instanceof Element)) return;
    const items = [...this.#parts.log.querySelectorAll<HTMLLIElement>("li.message")];
    const at = items.findIndex((item) => item.contains(document.activeElement));
    const next = items[at + step];
    if (at < 0 || next === undefined) return;
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }
}
