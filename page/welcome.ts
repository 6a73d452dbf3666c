import { byId } from "./dom.ts";

/** Asks for the person's name. Resolves with what was chosen; where a name was there already, also with undefined. */
export function askName(before: string): Promise<string | undefined> {
  const dialog = byId("welcome", HTMLDialogElement);
  const form = byId("welcome-form", HTMLFormElement);
  const input = byId("welcome-name", HTMLInputElement);
  input.value = before;
  dialog.showModal();
  return new Promise((resolve) => {
    const cancelled = (event: Event): void => {
      if (before === "") event.preventDefault();
      else finish(undefined);
    };
    const submitted = (event: Event): void => {
      event.preventDefault();
      const name = input.value.trim();
      if (name !== "") finish(name);
    };
    const finish = (name: string | undefined): void => {
      form.removeEventListener("submit", submitted);
      dialog.removeEventListener("cancel", cancelled);
      dialog.close();
      resolve(name);
    };
    form.addEventListener("submit", submitted);
    dialog.addEventListener("cancel", cancelled);
  });
}
