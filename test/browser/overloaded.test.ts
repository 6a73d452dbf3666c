import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import { openBrowser } from "../harness/browser.ts";
import { until } from "../harness/until.ts";
import { WeirProcess } from "../harness/weir-process.ts";
import { enter, type Person } from "./person.ts";

/** A buffer of two messages that is emptied now and then: a third one waits for seconds. */
const tiny = { WEIR_BUFFER_MAX_MESSAGES: "2", WEIR_FLUSH_LINGER: "5s", WEIR_PARTITIONS: "1" };
const sentence = "The server has too much to do right now. What you write is sent as soon as it can take it.";

beforeAll(async () => {
  await promisify(execFile)(process.execPath, [fileURLToPath(new URL("../../scripts/build-page.ts", import.meta.url))]);
});

/** Writes until the server takes no more; returns how many were written. */
async function fillBuffer(person: Person): Promise<number> {
  let written = 0;
  await until(
    async () => {
      written += 1;
      await person.say(`message ${written}`);
      const seen = person.page.getByText(sentence).waitFor({ timeout: 700 });
      return seen.then(
        () => true,
        () => false,
      );
    },
    { within: 20_000 },
  );
  return written;
}

test("while the buffer is full the page says that messages wait; joins and history go on, and nothing is lost", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "weir-full-"));
  try {
    await using weir = await WeirProcess.start({ role: "all-in-one", env: { WEIR_DATA_DIR: dataDir, ...tiny } });
    await using browser = await openBrowser();
    const ada = await enter(browser, { url: weir.url, name: "Ada", room: "full" });
    const written = await fillBuffer(ada);
    const grace = await enter(browser, { url: weir.url, name: "Grace", room: "full" });
    await grace.sees("message 1");
    await ada.page.getByText(sentence).waitFor({ state: "hidden" });
    await grace.sees(`message ${written}`);
    for (let i = 1; i <= written; i++) expect(await grace.message(`message ${i}`).count()).toBe(1);
    expect([...ada.complaints, ...grace.complaints]).toEqual([]);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});
