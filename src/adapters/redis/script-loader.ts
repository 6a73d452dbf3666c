import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** File of each script: what it does, then how many keys it takes. */
const scriptFiles = {
  appendEntry: "append-entry-11",
  baseRoom: "base-room-5",
  buryEntry: "bury-entry-4",
  enterRoster: "enter-roster-1",
  forgetLetter: "forget-letter-2",
  markStored: "mark-stored-6",
  noteWrite: "note-write-1",
  openPartition: "open-partition-1",
  publishPolicies: "publish-policies-2",
  raiseFence: "raise-fence-1",
  raiseFloor: "raise-floor-2",
  readBuffer: "read-buffer-3",
  readChanges: "read-changes-4",
  readDepth: "read-depth-2",
  readFleet: "read-fleet-1",
  readHead: "read-head-2",
  readRange: "read-range-2",
  readTexts: "read-texts-3",
  recallAnswers: "recall-answers-2",
  renewRoster: "renew-roster-1",
  reportLoad: "report-load-1",
  reviseLetter: "revise-letter-2",
  rotateAnswers: "rotate-answers-3",
  scanRange: "scan-range-3",
  takeTurn: "take-turn-1",
  trimBuffer: "trim-buffer-3",
  writeLease: "write-lease-1",
} as const;

export type ScriptName = keyof typeof scriptFiles;

export interface Script {
  readonly body: string;
  readonly sha1: string;
  readonly keyCount: number;
}

/** Reads a script that lies next to this file. */
export function loadScript(name: ScriptName): Script {
  const file = scriptFiles[name];
  const body = readFileSync(new URL(`scripts/${file}.lua`, import.meta.url), "utf8");
  const sha1 = createHash("sha1").update(body).digest("hex");
  return { body, sha1, keyCount: Number(file.slice(file.lastIndexOf("-") + 1)) };
}

/** All of them, so that a missing file shows at the start and not at the first use. */
export function loadScripts(): ReadonlyMap<ScriptName, Script> {
  return new Map(scriptNames.map((name) => [name, loadScript(name)]));
}

export const scriptNames: readonly ScriptName[] = Object.keys(scriptFiles).filter(isScriptName);

function isScriptName(name: string): name is ScriptName {
  return Object.hasOwn(scriptFiles, name);
}
