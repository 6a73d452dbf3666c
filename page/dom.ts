/** The element of the page's own HTML with that id. Throws where the page and this code do not fit together. */
export function byId<E extends Element>(id: string, kind: new () => E): E {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`the page has no ${kind.name} with the id ${id}`);
}

type Child = Node | string | undefined;

interface Looks {
  readonly class?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** A new element. Strings become text, never markup. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  looks: Looks = {},
  children: readonly Child[] = [],
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (looks.class !== undefined) made.className = looks.class;
  for (const [name, value] of Object.entries(looks.attributes ?? {})) made.setAttribute(name, value);
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

/** A button with a name for those who do not see its picture. */
export function makeButton(label: string, content: Node | string, act: () => void): HTMLButtonElement {
  const button = make("button", { attributes: { type: "button", "aria-label": label, title: label } }, [content]);
  button.addEventListener("click", act);
  return button;
}
