import { byId } from "./dom.ts";
import { icon } from "./icons.ts";

const themes = ["auto", "light", "dark"] as const;
type Theme = (typeof themes)[number];

const labels: Readonly<Record<Theme, string>> = {
  auto: "Colours: as the system",
  light: "Colours: light",
  dark: "Colours: dark",
};

function current(): Theme {
  return themes.find((theme) => theme === document.documentElement.dataset["theme"]) ?? "auto";
}

/** The button that goes through the colour schemes. The choice is kept for the next visit. */
export function bindThemeButton(): void {
  const button = byId("theme", HTMLButtonElement);
  const show = (theme: Theme): void => {
    document.documentElement.dataset["theme"] = theme;
    button.replaceChildren(icon(theme));
    button.setAttribute("aria-label", labels[theme]);
    button.title = labels[theme];
  };
  button.addEventListener("click", () => {
    const next = themes[(themes.indexOf(current()) + 1) % themes.length] ?? "auto";
    localStorage.setItem("weir.theme", next);
    show(next);
  });
  show(current());
}
