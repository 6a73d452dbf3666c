import { byId } from "./dom.ts";
import { icon } from "./icons.ts";

export interface ComposerActions {
  readonly send: (text: string) => void;
  readonly edit: (seq: number, text: string) => void;
  readonly typing: (on: boolean) => void;
  /** Arrow up in an empty field. */
  readonly editLast: () => void;
}

/** The field at the foot: writes new messages, and changes old ones. */
export class Composer {
  readonly #actions: ComposerActions;
  readonly #form = byId("composer", HTMLFormElement);
  readonly #text = byId("text", HTMLTextAreaElement);
  readonly #send = byId("send", HTMLButtonElement);
  readonly #editingBar = byId("editing", HTMLElement);
  readonly #problem = byId("problem", HTMLElement);
  #editing: { readonly seq: number; readonly draft: string } | undefined;
  /** Bytes that a text may have, as the room says. */
  textBytes = 8_192;

  constructor(actions: ComposerActions) {
    this.#actions = actions;
    this.#send.append(icon("send"));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#text.addEventListener("input", () => this.#changed());
    this.#text.addEventListener("keydown", (event) => this.#key(event));
    byId("cancel-edit", HTMLButtonElement).addEventListener("click", () => this.#stopEditing());
  }

  /** What is written and not sent, for when the room is shown again. */
  get draft(): string {
    return this.#editing?.draft ?? this.#text.value;
  }

  show(draft: string, room: string): void {
    this.#setEditing(undefined);
    this.#text.placeholder = `Message ${room}`;
    this.#fill(draft);
    this.say("");
  }

  focus(): void {
    this.#text.focus();
  }

  /** Focus that nobody asked for: not where it would bring up a keyboard over half of the screen. */
  offer(): void {
    if (matchMedia("(pointer: fine)").matches) this.focus();
  }

  /** Whether anything can be written here at all. */
  enable(is: boolean): void {
    this.#text.disabled = !is;
    this.#send.disabled = !is;
  }

  startEditing(seq: number, text: string): void {
    this.#setEditing({ seq, draft: this.draft });
    this.#fill(text);
    this.focus();
  }

  /** A sentence about what did not work; an empty one takes it away. */
  say(sentence: string): void {
    this.#problem.textContent = sentence;
  }

  #submit(): void {
    const text = this.#text.value.trim();
    const over = new TextEncoder().encode(text).length - this.textBytes;
    if (text === "") return;
    if (over > 0) return this.say(`This is about ${over} characters too long.`);
    this.say("");
    if (this.#editing === undefined) {
      this.#actions.send(text);
      this.#fill("");
    } else {
      this.#actions.edit(this.#editing.seq, text);
      this.#stopEditing();
    }
    this.#actions.typing(false);
  }

  #changed(): void {
    this.#grow();
    this.say("");
    if (this.#editing === undefined) this.#actions.typing(this.#text.value.trim() !== "");
  }

  #key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === "Escape" && this.#editing !== undefined) {
      event.preventDefault();
      this.#stopEditing();
    } else if (event.key === "ArrowUp" && this.#text.value === "") {
      event.preventDefault();
      this.#actions.editLast();
    }
  }

  #stopEditing(): void {
    const { draft } = this;
    this.#setEditing(undefined);
    this.#fill(draft);
    this.focus();
  }

  #setEditing(editing: { readonly seq: number; readonly draft: string } | undefined): void {
    this.#editing = editing;
    this.#editingBar.hidden = editing === undefined;
    this.#send.setAttribute("aria-label", editing === undefined ? "Send" : "Save the change");
    this.#send.replaceChildren(icon(editing === undefined ? "send" : "check"));
  }

  #fill(text: string): void {
    this.#text.value = text;
    this.#grow();
  }

  /** As high as its text, up to the limit of the style sheet. */
  #grow(): void {
    this.#text.style.height = "auto";
    this.#text.style.height = `${this.#text.scrollHeight}px`;
  }
}
