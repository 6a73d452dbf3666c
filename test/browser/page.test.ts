import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser, type TestBrowser } from "../harness/browser.ts";
import { until } from "../harness/until.ts";
import { WeirProcess } from "../harness/weir-process.ts";
import { faintTexts, namelessControls, scrollsSideways } from "./accessibility.ts";
import { fillRoom } from "./fill-room.ts";
import { enter, openPage, type Person } from "./person.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
let dataDir: string;
let weir: WeirProcess;
let url: string;
let browser: TestBrowser;

beforeAll(async () => {
  await promisify(execFile)(process.execPath, [join(root, "scripts/build-page.ts")]);
  dataDir = await mkdtemp(join(tmpdir(), "weir-page-"));
  weir = await WeirProcess.start({ role: "all-in-one", env: { WEIR_DATA_DIR: dataDir } });
  url = weir.url;
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await weir?.kill();
  if (dataDir !== undefined) await rm(dataDir, { recursive: true, force: true });
});

/** One in which nobody said anything. */
const newRoom = (): string => `room-${randomUUID()}`;

function enterAs(
  name: string,
  room: string,
  screen?: { viewport: { width: number; height: number } },
): Promise<Person> {
  return enter(browser, { url, name, room, ...(screen === undefined ? {} : { screen }) });
}

/** The same person's second window. */
async function secondWindow({ context, page }: Person): Promise<Page> {
  const second = await context.newPage();
  await second.goto(page.url());
  return second;
}

async function close(...people: readonly Person[]): Promise<void> {
  for (const { context } of people) await context.close();
}

test("what one person writes the other sees, with its changes, and the writer sees it stored", async () => {
  const room = newRoom();
  const [ada, grace] = [await enterAs("Ada", room), await enterAs("Grace", room)];
  await ada.say("The river runs evenly");
  const first = await ada.message("The river runs evenly").elementHandle();
  await grace.sees("The river runs evenly");
  await ada.message("The river runs evenly").getByText("Stored", { exact: true }).waitFor();
  expect(await first?.evaluate((item) => item.isConnected), "a tick must not read the message out again").toBe(true);
  await grace.message("The river runs evenly").getByText("Ada", { exact: true }).waitFor();

  await grace.message("The river runs evenly").hover();
  await grace.page.getByRole("button", { name: "React with 🎉" }).click();
  await ada.page.getByRole("button", { name: "🎉 1", exact: true }).click();
  await grace.page.getByRole("button", { name: "🎉 2, with yours" }).waitFor();

  await ada.message("The river runs evenly").hover();
  await ada.page.getByRole("button", { name: "Edit", exact: true }).click();
  await ada.field.fill("The river runs smoothly");
  await ada.page.getByRole("button", { name: "Save the change" }).click();
  await grace.message("The river runs smoothly").getByText("edited").waitFor();

  await ada.message("The river runs smoothly").hover();
  await ada.page.getByRole("button", { name: "Delete" }).click();
  await grace.sees("This message was deleted");
  expect(await grace.message("The river").count()).toBe(0);
  expect([...ada.complaints, ...grace.complaints]).toEqual([]);
  await close(ada, grace);
});

test("the other sees who is typing, until the message is there", async () => {
  const [ada, grace] = [await enterAs("Ada", "typing"), await enterAs("Grace", "typing")];
  await ada.field.pressSequentially("Hm");
  await grace.page.getByText("Ada is typing…").waitFor();
  await ada.field.press("Enter");
  await grace.sees("Hm");
  await grace.page.getByText("Ada is typing…").waitFor({ state: "detached" });
  await close(ada, grace);
});

test("after kill -9 all that was acknowledged is there, and what was written meanwhile arrives once", async () => {
  const room = newRoom();
  const [ada, grace] = [await enterAs("Ada", room), await enterAs("Grace", room)];
  for (const text of ["one", "two", "three"]) await ada.say(`before ${text}`);
  await ada
    .message("before three")
    .getByText(/^(Sent|Stored)$/)
    .waitFor();
  await weir.kill();

  await ada.page.getByText("You are offline.", { exact: false }).waitFor();
  for (const text of ["four", "five"]) await ada.say(`while down ${text}`);
  await ada.message("while down five").getByText("Sending", { exact: true }).waitFor();

  weir = await WeirProcess.start({ role: "all-in-one", env: { WEIR_DATA_DIR: dataDir, WEIR_PORT: new URL(url).port } });
  await ada.message("while down five").getByText("Stored", { exact: true }).waitFor();
  await grace.sees("while down five");
  const said = ["before one", "before two", "before three", "while down four", "while down five"];
  for (const page of [ada.page, grace.page, await secondWindow(ada)]) {
    await until(async () => (await page.locator("li.message").count()) === said.length);
    expect(await page.locator("li.message .text").allTextContents()).toEqual(said);
  }
  await close(ada, grace);
});

test("older messages come when the reader scrolls up, what is read stays in place, and new ones are counted", async () => {
  const room = newRoom();
  await fillRoom(url, room, 130);
  const ada = await enterAs("Ada", room);
  await ada.sees("line 130");
  expect(await ada.page.getByText("line 60", { exact: true }).count()).toBe(0);

  const scroller = ada.page.locator("#scroll");
  const top = (text: string): Promise<number> =>
    ada.page.getByText(text, { exact: true }).evaluate((el) => el.getBoundingClientRect().top);
  await scroller.evaluate((el) => el.scrollTo(0, 300));
  const before = await top("line 90");
  await ada.page.getByText("line 60", { exact: true }).waitFor();
  expect(Math.abs((await top("line 90")) - before)).toBeLessThan(2);

  const grace = await enterAs("Grace", room);
  await grace.say("something new");
  await ada.page.getByRole("button", { name: "1 new message" }).click();
  await ada.sees("something new");
  await until(async () => !(await ada.page.locator("#unread").isVisible()));

  await until(async () => {
    await scroller.evaluate((el) => el.scrollTo(0, 0));
    return ada.page.getByText(`This is the beginning of ${room}.`).isVisible();
  });
  await ada.page.getByText("line 1", { exact: true }).waitFor();
  const lines = await ada.page.locator("li.message .text").allTextContents();
  expect(lines).toEqual([...Array.from({ length: 130 }, (_, i) => `line ${i + 1}`), "something new"]);
  await close(ada, grace);
});

test("a message that was refused says why, and can be sent again or discarded", async () => {
  const ada = await openPage(browser, { url, name: "Ada", room: "refused" });
  let refusing = true;
  await ada.page.routeWebSocket(/\/rt\//, (ws) => {
    const server = ws.connectToServer();
    ws.onMessage((frame) => {
      const [, ack] = /^42\/chat,(\d+)\["message:send"/.exec(String(frame)) ?? [];
      if (ack === undefined || !refusing) return server.send(frame);
      const error = { code: "BANNED", message: "banned", retryable: false };
      ws.send(`43/chat,${ack}[${JSON.stringify({ ok: false, error })}]`);
    });
  });
  await ada.page.reload();
  await ada.page.getByLabel("Your name").fill("Ada");
  await ada.page.getByRole("button", { name: "Start chatting" }).click();
  for (const text of ["keep me", "drop me"]) await ada.say(text);
  await ada.message("drop me").getByText("A moderator keeps you out of this room.").waitFor();
  await ada.message("drop me").getByRole("button", { name: "Discard" }).click();
  refusing = false;
  await ada.message("keep me").getByRole("button", { name: "Try again" }).click();
  await ada.message("keep me").getByText("Stored", { exact: true }).waitFor();
  expect(await ada.page.locator("li.message .text").allTextContents()).toEqual(["keep me"]);
  await close(ada);
});

test("rooms are made by name, kept apart, and say where something new is", async () => {
  const [ada, grace] = [await enterAs("Ada", "lobby"), await enterAs("Grace", "lobby")];
  await ada.page.getByLabel("New room").fill("Team Blue!");
  await ada.page.getByLabel("New room").press("Enter");
  await ada.page.getByRole("heading", { name: "team-blue" }).waitFor();
  expect(new URL(ada.page.url()).hash).toBe("#/team-blue");
  await grace.say("only in the lobby");
  await ada.page.getByRole("link", { name: "lobby, 1 new" }).waitFor();
  expect(await ada.message("only in the lobby").count()).toBe(0);
  await ada.page.getByRole("link", { name: "lobby" }).click();
  await ada.sees("only in the lobby");
  await close(ada, grace);
});

test("everything can be done without a mouse", async () => {
  const room = newRoom();
  const ada = await openPage(browser, { url, name: "Ada", room });
  const { keyboard } = ada.page;
  await ada.page.getByLabel("Your name").waitFor();
  await keyboard.type("Ada");
  await keyboard.press("Enter");
  await ada.page.getByText("Online", { exact: true }).waitFor();
  await keyboard.type("first line");
  await keyboard.press("Shift+Enter");
  await keyboard.type("second line");
  await keyboard.press("Enter");
  await ada.sees("first line\nsecond line");

  await ada
    .message("first line")
    .getByText(/^(Sent|Stored)$/)
    .waitFor();
  await keyboard.press("ArrowUp");
  await ada.page.getByText("Editing your message").waitFor();
  await keyboard.press("Escape");
  await ada.page.getByText("Editing your message").waitFor({ state: "hidden" });
  await keyboard.press("ArrowUp");
  await keyboard.press("Control+A");
  await keyboard.type("changed by hand");
  await keyboard.press("Enter");
  await ada.sees("changed by hand");

  await ada.page.getByRole("link", { name: "Skip to the message field" }).press("Enter");
  expect(await ada.field.evaluate((field) => field === document.activeElement)).toBe(true);
  expect(new URL(ada.page.url()).hash).toBe(`#/${room}`);
  await ada.page.getByRole("link", { name: "Skip to the message field" }).focus();
  const reached = new Set<string>();
  await until(async () => {
    await keyboard.press("Tab");
    const focused = ada.page.locator(":focus");
    reached.add((await focused.getAttribute("aria-label")) ?? "");
    return reached.has("React with 👍");
  });
  await keyboard.press("Enter");
  await ada.page.getByRole("button", { name: "👍 1, with yours" }).waitFor();
  expect([...reached]).toContain("Colours: as the system");
  await close(ada);
});

test("text is shown as text, and only web addresses become links", async () => {
  const [ada, grace] = [await enterAs("<b>Ada</b>", "text"), await enterAs("Grace", "text")];
  await ada.say('<img src=x onerror="document.title=1"> javascript:alert(1) (see https://example.com/a?b=c).');
  await grace.sees("<img src=x");
  await grace.page.getByText("<b>Ada</b>", { exact: true }).waitFor();
  expect(await grace.page.locator("#log img, #log b").count()).toBe(0);
  const links = grace.page.locator("#log").getByRole("link");
  expect(await links.evaluateAll((all) => all.map((a) => [a.getAttribute("href"), a.getAttribute("rel")]))).toEqual([
    ["https://example.com/a?b=c", "noopener noreferrer nofollow ugc"],
  ]);
  expect([...ada.complaints, ...grace.complaints]).toEqual([]);
  await close(ada, grace);
});

test("on a phone nothing sticks out to the side, and the rooms are a button away", async () => {
  const ada = await enterAs("Ada", "phone", { viewport: { width: 360, height: 640 } });
  await ada.say(`https://example.com/${"long".repeat(60)} and ${"word ".repeat(60)}`);
  await ada.sees("word word");
  await ada.message("word word").click();
  await ada.page.getByRole("toolbar", { name: "Message actions" }).waitFor();
  expect(await scrollsSideways(ada.page)).toBe(false);
  expect(await ada.page.getByRole("navigation").isVisible()).toBe(false);
  await ada.page.getByRole("button", { name: "Rooms" }).click();
  await ada.page.getByRole("link", { name: "lobby" }).click();
  await ada.page.getByRole("heading", { name: "lobby" }).waitFor();
  await until(async () => !(await ada.page.getByRole("navigation").isVisible()));
  await close(ada);
});

test.each(["light", "dark"] as const)(
  "in %s colours every text is readable and everything has a name",
  async (colours) => {
    const ada = await enterAs("Ada", "eyes");
    const grace = await enterAs("Grace", "eyes");
    await ada.page.emulateMedia({ colorScheme: colours });
    await grace.say("see https://example.com");
    await ada.sees("see https://example.com");
    await ada.message("see https://example.com").last().hover();
    await ada.page.getByRole("button", { name: "React with 👀" }).click();
    await ada.say("mine");
    await ada.message("mine").last().getByText("Stored", { exact: true }).waitFor();
    expect(await faintTexts(ada.page)).toEqual([]);
    expect(await namelessControls(ada.page)).toEqual([]);
    for (const role of ["main", "navigation", "log"] as const) {
      expect(await ada.page.getByRole(role).count(), role).toBe(1);
    }
    expect(await ada.page.getByRole("heading", { level: 1 }).count()).toBe(1);
    await close(ada, grace);
  },
);
