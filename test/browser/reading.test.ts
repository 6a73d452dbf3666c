import { execFile } from "node:child_process";
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
import { fillRoom } from "./fill-room.ts";
import { enter } from "./person.ts";

let dataDir: string;
let weir: WeirProcess;
let browser: TestBrowser;

beforeAll(async () => {
  await promisify(execFile)(process.execPath, [fileURLToPath(new URL("../../scripts/build-page.ts", import.meta.url))]);
  dataDir = await mkdtemp(join(tmpdir(), "weir-reading-"));
  weir = await WeirProcess.start({ role: "all-in-one", env: { WEIR_DATA_DIR: dataDir } });
  browser = await openBrowser();
  await fillRoom(weir.url, "long", 260);
});

afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await weir?.kill();
  if (dataDir !== undefined) await rm(dataDir, { recursive: true, force: true });
});

/** Names of buttons in the message tools that something else lies over. */
function coveredTools(page: Page): Promise<string[]> {
  return page.locator(".tools button").evaluateAll((buttons) =>
    buttons.flatMap((button) => {
      const { left, top, width, height } = button.getBoundingClientRect();
      const there = document.elementFromPoint(left + width / 2, top + height / 2);
      return there !== null && button.contains(there) ? [] : [button.getAttribute("aria-label") ?? "?"];
    }),
  );
}

/** Moves the mouse onto the last message of which something is on screen, and resolves when its tools are there. */
async function pointAtLast(page: Page): Promise<void> {
  const at = await page.locator("#scroll").evaluate((scroller) => {
    const { bottom } = scroller.getBoundingClientRect();
    const boxes = [...scroller.querySelectorAll("li.message .bubble")].map((bubble) => bubble.getBoundingClientRect());
    const last = boxes.findLast(({ top }) => top < bottom - 6);
    return last === undefined ? undefined : { x: last.left + 12, y: (last.top + Math.min(last.bottom, bottom)) / 2 };
  });
  if (at === undefined) throw new Error("no message");
  await page.mouse.move(at.x, at.y);
  await page.getByRole("toolbar").waitFor();
}

test.each([1_200, 700, 360])(
  "at %i px the button to the newest messages lies over no message's tools",
  async (width) => {
    const ada = await enter(browser, {
      url: weir.url,
      name: "Ada",
      room: "long",
      screen: { viewport: { width, height: 640 } },
    });
    const { page } = ada;
    await ada.sees("line 260");
    await page.locator("#scroll").evaluate((el) => el.scrollTo(0, 700));
    await page.getByRole("button", { name: "Newest messages" }).waitFor();
    for (let top = 700; top < 760; top += 10) {
      await page.locator("#scroll").evaluate((el, to) => el.scrollTo(0, to), top);
      await pointAtLast(page);
      expect(await coveredTools(page), `${top} px from the top`).toEqual([]);
    }
    await ada.context.close();
  },
);

test("Home goes to the top of what is loaded and loads one page at most, and End goes to the newest", async () => {
  const ada = await enter(browser, { url: weir.url, name: "Ada", room: "long" });
  const { page } = ada;
  await ada.sees("line 260");
  const count = (): Promise<number> => page.locator("li.message").count();
  const isOnScreen = async (text: string): Promise<boolean> => {
    const box = await page.getByText(text, { exact: true }).boundingBox();
    return box !== null && box.y > 0 && box.y < 720;
  };
  const before = await count();
  await page.locator("#scroll").evaluate((el) => el instanceof HTMLElement && el.focus());
  await page.keyboard.press("Home");
  await until(async () => (await count()) > before);
  await until(() => isOnScreen("line 211"));
  await ada.say("a round trip later");
  await ada.message("a round trip later").getByText("Stored", { exact: true }).waitFor();
  expect(await count()).toBe(before + 51);

  await page.getByText("line 240", { exact: true }).click();
  await page.keyboard.press("Home");
  await until(async () => !(await isOnScreen("line 260")));
  await page.keyboard.press("End");
  await until(() => isOnScreen("line 260"));
  await ada.context.close();
});

test("the mark of a stored message is no checkmark, and says that it does not mean read", async () => {
  const ada = await enter(browser, { url: weir.url, name: "Ada", room: "marks" });
  await ada.say("written down");
  const mark = ada.message("written down").locator(".tick.stored");
  await mark.getByText("Stored", { exact: true }).waitFor();
  expect(await mark.getAttribute("title")).toBe("Stored in the database. It does not mean that somebody has read it.");
  expect(await mark.locator("path").getAttribute("d")).not.toContain("l4.500 4.500");
  await ada.context.close();
});

test("a message that can't be shown has a notice in its place, and all others are shown", async () => {
  const ada = await enter(browser, { url: weir.url, name: "Ada", room: "odd" });
  await ada.page.evaluate(() => {
    const canParse = URL.canParse.bind(URL);
    URL.canParse = (url) => {
      if (String(url).includes("broken")) throw new RangeError("planted");
      return canParse(url);
    };
  });
  for (const text of ["before it", "see http://broken.test", "after it"]) await ada.say(text);
  await ada.sees("before it");
  await ada.sees("after it");
  await ada.sees("This message can't be shown");
  expect(await ada.page.getByRole("listitem").filter({ hasText: "broken.test" }).count()).toBe(0);
  await ada.context.close();
});
