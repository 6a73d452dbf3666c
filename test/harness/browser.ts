import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, type BrowserContext, chromium } from "playwright-core";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"] as const;

const quiet = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
] as const;

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The browser to test with: `CHROMIUM_PATH`, else one on the PATH. Throws one line that says what to install. */
function findChromium(): string {
  const given = process.env["CHROMIUM_PATH"];
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const found = [
    ...(given === undefined ? [] : [given]),
    ...names.flatMap((name) => folders.map((folder) => join(folder, name))),
  ].find(isExecutable);
  if (found !== undefined) return found;
  throw new Error(
    "no Chromium: install it (Debian: apt-get install chromium; macOS: brew install --cask chromium) or set CHROMIUM_PATH to one",
  );
}

/** A real browser without a window. `await using` closes it with everything in it. */
export interface TestBrowser extends AsyncDisposable {
  /** One more person: a browser profile of its own. */
  profile(options?: Parameters<Browser["newContext"]>[0]): Promise<BrowserContext>;
}

export async function openBrowser(): Promise<TestBrowser> {
  const browser = await chromium.launch({ executablePath: findChromium(), args: [...quiet] });
  return {
    profile: (options = {}) => browser.newContext(options),
    [Symbol.asyncDispose]: () => browser.close(),
  };
}
