import { connect } from "../src/client/index.ts";
import { App, showMe } from "./app.ts";
import { byId } from "./dom.ts";
import { fetchToken, loadProfile, saveName } from "./identity.ts";
import { bindThemeButton } from "./theme.ts";
import { askName } from "./welcome.ts";

/** A new name needs a new token and shows on new messages: the page begins anew with it. */
async function rename(before: string): Promise<void> {
  const name = await askName(before);
  if (name === undefined || name === before) return;
  saveName(localStorage, name);
  location.reload();
}

async function start(): Promise<void> {
  bindThemeButton();
  const known = loadProfile(localStorage);
  const name = known.name === "" ? ((await askName("")) ?? "") : known.name;
  const profile = { ...known, name };
  saveName(localStorage, name);
  showMe(name);
  byId("me", HTMLButtonElement).addEventListener("click", () => void rename(name));
  const chat = connect({
    url: location.origin,
    token: () => fetchToken(profile),
    reconnect: { firstMs: 1_000, maxMs: 10_000 },
  });
  void new App(chat, profile);
}

await start();
