import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import { openBrowser } from "../harness/browser.ts";
import { WeirProcess } from "../harness/weir-process.ts";
import { enter } from "./person.ts";

const policies = { calm: { rooms: ["calm"], slowModeSeconds: 10, textMaxBytes: 40 } };
const sentence = "This room is in slow mode. What you write is sent when it is your turn.";

beforeAll(async () => {
  await promisify(execFile)(process.execPath, [fileURLToPath(new URL("../../scripts/build-page.ts", import.meta.url))]);
});

test("in slow mode the page says why a message waits and counts down, sends it in its turn, and keeps to the room's size", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "weir-slow-"));
  try {
    const env = { WEIR_DATA_DIR: dataDir, WEIR_POLICIES: JSON.stringify(policies) };
    await using weir = await WeirProcess.start({ role: "all-in-one", env });
    await using browser = await openBrowser();
    const ada = await enter(browser, { url: weir.url, name: "Ada", room: "calm" });
    const grace = await enter(browser, { url: weir.url, name: "Grace", room: "calm" });
    await ada.say("first");
    await ada.say("second");
    await ada.page.getByText(sentence).waitFor();
    await ada.page.getByText(/^Next try in \d+ s$/).waitFor();
    await grace.sees("second");
    await ada.page.getByText(sentence).waitFor({ state: "hidden" });
    await ada.say("far too long for this room, and some more of it");
    await ada.page.getByText(/^This is about \d+ characters too long\.$/).waitFor();
    expect([...ada.complaints, ...grace.complaints]).toEqual([]);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});
