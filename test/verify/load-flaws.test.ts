import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chat } from "../../loadtests/journeys/chat.ts";
import { plans } from "../../loadtests/lib/plans.ts";
import { faultsOf, type Verdict } from "../../loadtests/lib/verdict.ts";
import { unlimited } from "../harness/deployment.ts";
import { small } from "../harness/load-party.ts";
import { Measured, nodeScene } from "../harness/load-world.ts";
import { flawedAllInOne, type OutletFlaw } from "../harness/outlet-flaws.ts";
import { WeirProcess } from "../harness/weir-process.ts";

/*
 * The accounting of the load tests on servers with flaws, here under Node. `vitest run --project load` tries the same with Artillery, and what is
 * left out too: these members ask for it again.
 */

async function chatOn(flaw: OutletFlaw): Promise<Verdict> {
  const folder = await mkdtemp(join(tmpdir(), "weir-flawed-"));
  try {
    // Without a tail in the log the history comes from the store alone.
    const env = { ...unlimited, FLAW: flaw, WEIR_DATA_DIR: folder, WEIR_LOG_TAIL: "0" };
    await using server = await WeirProcess.start({ role: "all-in-one", env, script: flawedAllInOne });
    return await chat(nodeScene([server.url], new Measured()), small(plans.steady));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test.each([
  ["none", "has no flaw", undefined],
  ["forget", "acknowledges some messages and does not store them", "acknowledged and not in the history"],
  ["repeat", "sends some messages twice", "came twice to a member"],
  ["swap", "sends some messages after the next one", "came out of order"],
] as const)("of a server with the flaw '%s', which %s, the accounting says just that", async (flaw, _what, fault) => {
  const faults = faultsOf(await chatOn(flaw)).map((text) => text.replace(/^\d+ /, ""));
  expect(faults).toEqual(fault === undefined ? [] : [fault]);
});
