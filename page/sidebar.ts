import { byId, make } from "./dom.ts";
import { icon } from "./icons.ts";
import { hashOf, toRoomName } from "./room-names.ts";

export interface RoomLine {
  readonly name: string;
  readonly current: boolean;
  readonly unseen: number;
}

/** The rooms, and on a narrow screen the drawer that they are in. */
export class Sidebar {
  readonly #app = byId("app", HTMLElement);
  readonly #side = byId("side", HTMLElement);
  readonly #menu = byId("menu", HTMLButtonElement);
  readonly #list = byId("rooms", HTMLUListElement);
  readonly #hint = byId("new-room-hint", HTMLElement);
  #signature = "";

  /** @param open is called with the name of the room to go to */
  constructor(open: (room: string) => void) {
    const form = byId("new-room", HTMLFormElement);
    const name = byId("new-room-name", HTMLInputElement);
    form.querySelector("button")?.append(icon("plus"));
    this.#menu.append(icon("menu"));
    this.#menu.addEventListener("click", () => this.#toggle(this.#app.dataset["drawer"] !== "open"));
    byId("scrim", HTMLElement).addEventListener("click", () => this.#toggle(false));
    this.#side.addEventListener("keydown", ({ key }) => key === "Escape" && this.#toggle(false));
    name.addEventListener("input", () => this.#say(""));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const room = toRoomName(name.value);
      if (room === undefined) return this.#say("Use letters and digits for the name.");
      name.value = "";
      open(room);
    });
  }

  render(lines: readonly RoomLine[]): void {
    const signature = JSON.stringify(lines);
    if (signature === this.#signature) return;
    this.#signature = signature;
    const focused = this.#list.contains(document.activeElement) ? document.activeElement?.getAttribute("href") : null;
    this.#list.replaceChildren(...lines.map(lineItem));
    for (const link of this.#list.querySelectorAll("a")) if (link.getAttribute("href") === focused) link.focus();
  }

  close(): void {
    this.#toggle(false);
  }

  #say(sentence: string): void {
    this.#hint.textContent = sentence;
  }

  #toggle(open: boolean): void {
    const was = this.#app.dataset["drawer"] === "open";
    this.#app.dataset["drawer"] = open ? "open" : "closed";
    this.#menu.setAttribute("aria-expanded", String(open));
    if (open) this.#list.querySelector<HTMLElement>("[aria-current]")?.focus();
    else if (was) this.#menu.focus();
  }
}

function lineItem({ name, current, unseen }: RoomLine): HTMLLIElement {
  const badge = make("span", { class: "badge", attributes: { "aria-hidden": "true" } }, [String(Math.min(unseen, 99))]);
  const link = make("a", { attributes: { href: hashOf(name) } }, [
    make("span", { class: "name" }, [name]),
    unseen > 0 ? badge : undefined,
  ]);
  if (unseen > 0) link.setAttribute("aria-label", `${name}, ${unseen} new`);
  if (current) link.setAttribute("aria-current", "page");
  return make("li", {}, [link]);
}
