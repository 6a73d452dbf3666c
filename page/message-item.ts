import { timeLabel } from "./day.ts";
import { make, makeButton } from "./dom.ts";
import { icon } from "./icons.ts";
import { stretches } from "./linkify.ts";
import type { MessageRow, Progress } from "./rows.ts";

export interface MessageActions {
  readonly react: (seq: number, emoji: string) => void;
  readonly retry: (id: string) => void;
  readonly discard: (id: string) => void;
}

const progressLabels: Readonly<Record<Progress, string>> = {
  sending: "Sending",
  sent: "Sent",
  stored: "Stored",
  failed: "Not sent",
};

const progressTitles: Readonly<Record<Progress, string>> = {
  sending: "On its way to the server",
  sent: "The server has it",
  stored: "Stored in the database. It does not mean that somebody has read it.",
  failed: "Not sent",
};

/** One message as the list shows it. */
export function messageItem(row: MessageRow, actions: MessageActions): HTMLLIElement {
  const classes = ["message", row.mine ? "mine" : "", row.leads ? "leads" : "", row.changing ? "changing" : ""];
  const item = make("li", { class: classes.filter((name) => name !== "").join(" "), attributes: { tabindex: "-1" } });
  item.dataset["key"] = row.key;
  if (row.progress !== undefined) item.dataset["progress"] = row.progress;
  if (!row.mine) item.append(row.leads ? avatar(row) : make("span", { class: "avatar" }));
  item.append(bubbleColumn(row, actions));
  return item;
}

function bubbleColumn(row: MessageRow, actions: MessageActions): HTMLElement {
  const name = make("span", { class: row.mine || !row.leads ? "hidden" : "author" }, [
    row.mine ? "You" : row.author.name,
  ]);
  const column = make("div", { class: "column" }, [name, make("div", { class: "bubble" }, [body(row), meta(row)])]);
  if (row.reactions.length > 0 && row.seq !== undefined) column.append(reactions(row, row.seq, actions));
  if (row.progress === "failed") column.append(failure(row, actions));
  return column;
}

/** Two letters on a colour that both follow from the person. */
function avatar({ author }: MessageRow): HTMLElement {
  const made = make("span", { class: "avatar shown", attributes: { "aria-hidden": "true" } }, [initials(author.name)]);
  made.dataset["hue"] = String(hueOf(author.id));
  return made;
}

/** One of eight. */
function hueOf(id: string): number {
  let sum = 0;
  for (const letter of id) sum += letter.codePointAt(0) ?? 0;
  return sum % 8;
}

const letters = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** The first letters of the first and the last name. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const chosen = words.length > 1 ? [words[0], words.at(-1)] : words;
  const firsts = chosen.map((word = "") => letters.segment(word).containing(0)?.segment ?? "");
  return firsts.join("").toUpperCase();
}

/** A few emoji and nothing else: shown large. */
const onlyEmoji = /^\p{RGI_Emoji}{1,3}$/v;

function body(row: MessageRow): HTMLElement {
  if (row.deleted) return make("p", { class: "gone" }, ["This message was deleted"]);
  return make(
    "p",
    { class: onlyEmoji.test(row.text) ? "text large" : "text", attributes: { dir: "auto" } },
    stretches(row.text).map(({ text, href }) => {
      if (href === undefined) return text;
      return make("a", { attributes: { href, target: "_blank", rel: "noopener noreferrer nofollow ugc" } }, [text]);
    }),
  );
}

/**
 * The same message a step further on its way: only its time and its tick change, in place, so that a screen reader does
 * not read the whole message again.
 */
export function showProgress(item: HTMLElement, row: MessageRow): void {
  if (row.progress === undefined) return;
  item.dataset["progress"] = row.progress;
  item.querySelector("time")?.replaceWith(timeOf(row));
  const before = item.querySelector(".tick");
  if (before !== null) fillTick(before, row.progress);
}

function timeOf({ at }: MessageRow): HTMLElement {
  return make("time", { attributes: { datetime: new Date(at).toISOString(), "aria-live": "off" } }, [timeLabel(at)]);
}

function meta(row: MessageRow): HTMLElement {
  const time = timeOf(row);
  const edited = row.edited ? make("span", {}, ["edited"]) : undefined;
  return make("span", { class: "meta" }, [edited, time, row.progress === undefined ? undefined : tick(row.progress)]);
}

function tick(progress: Progress): HTMLElement {
  const made = make("span", { attributes: { "aria-live": "off" } });
  fillTick(made, progress);
  return made;
}

function fillTick(element: Element, progress: Progress): void {
  const label = progressLabels[progress];
  element.className = `tick ${progress}`;
  element.setAttribute("title", progressTitles[progress]);
  const picture = icon(progress === "sending" ? "clock" : progress);
  element.replaceChildren(picture, make("span", { class: "hidden" }, [label]));
}

function reactions(row: MessageRow, seq: number, actions: MessageActions): HTMLElement {
  const chips = row.reactions.map(({ emoji, count, mine }) => {
    const label = `${emoji} ${count}${mine ? ", with yours" : ""}`;
    const chip = makeButton(label, `${emoji} ${count}`, () => actions.react(seq, emoji));
    chip.className = "chip";
    chip.setAttribute("aria-pressed", String(mine));
    return chip;
  });
  return make("div", { class: "chips" }, chips);
}

function failure(row: MessageRow, { retry, discard }: MessageActions): HTMLElement {
  const again = make("button", { attributes: { type: "button" } }, ["Try again"]);
  again.addEventListener("click", () => retry(row.id));
  const drop = make("button", { attributes: { type: "button" } }, ["Discard"]);
  drop.addEventListener("click", () => discard(row.id));
  return make("p", { class: "failure" }, [`${row.problem ?? ""} `, again, drop]);
}
