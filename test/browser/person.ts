import type { BrowserContext, Locator, Page } from "playwright-core";
import type { TestBrowser } from "../harness/browser.ts";

export interface PersonOptions {
  readonly url: string;
  readonly name: string;
  readonly room?: string;
  readonly screen?: Parameters<TestBrowser["profile"]>[0];
}

/** Someone with a browser of their own and the page open in it. */
export interface Person {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors that the page or the browser reported: of scripts, and of what the content security policy refused. */
  readonly complaints: readonly string[];
  /** The field to write in. */
  readonly field: Locator;
  /** The message with that text, as this person sees it. */
  message(text: string): Locator;
  /** Writes it and presses Enter. */
  say(text: string): Promise<void>;
  /** Resolves when this person sees the message. */
  sees(text: string): Promise<void>;
}

export async function openPage(browser: TestBrowser, options: PersonOptions): Promise<Person> {
  const context = await browser.profile(options.screen ?? { viewport: { width: 1200, height: 720 } });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  await page.goto(`${options.url}/#/${options.room ?? "lobby"}`);
  const field = page.getByRole("textbox", { name: "Message" });
  const message = (text: string): Locator => page.getByRole("listitem").filter({ hasText: text });
  return {
    page,
    context,
    complaints,
    field,
    message,
    say: async (text) => {
      await field.fill(text);
      await field.press("Enter");
    },
    sees: (text) => message(text).first().waitFor(),
  };
}

/** Opens the page and chooses a name. */
export async function enter(browser: TestBrowser, options: PersonOptions): Promise<Person> {
  const person = await openPage(browser, options);
  await person.page.getByLabel("Your name").fill(options.name);
  await person.page.getByRole("button", { name: "Start chatting" }).click();
  await person.page.getByText("Online", { exact: true }).waitFor();
  return person;
}
