import { make, makeButton } from "./dom.ts";
import { icon } from "./icons.ts";
import type { MessageRow } from "./rows.ts";

const emojis = ["👍", "❤️", "😂", "🎉", "👀"] as const;

export interface ToolActions {
  readonly react: (seq: number, emoji: string) => void;
  readonly edit: (seq: number) => void;
  readonly delete: (seq: number) => void;
}

/** What can be done with a message; undefined where nothing can. */
export function messageTools(row: MessageRow, actions: ToolActions): HTMLElement | undefined {
  const { seq } = row;
  if (seq === undefined || row.deleted) return undefined;
  const buttons = emojis.map((emoji) => makeButton(`React with ${emoji}`, emoji, () => actions.react(seq, emoji)));
  if (row.mine) {
    buttons.push(makeButton("Edit", icon("edit"), () => actions.edit(seq)));
    buttons.push(makeButton("Delete", icon("trash"), () => actions.delete(seq)));
  }
  return make("div", { class: "tools", attributes: { role: "toolbar", "aria-label": "Message actions" } }, buttons);
}
