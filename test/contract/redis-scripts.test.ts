import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { loadScript, scriptNames } from "../../src/adapters/redis/script-loader.ts";

const folder = new URL("../../src/adapters/redis/scripts/", import.meta.url);
const files = readdirSync(folder).sort();

interface Parts {
  readonly header: string;
  readonly body: string;
}

/** The comment that a script begins with, and what follows it. */
function split(file: string): Parts {
  const [shebang = "", ...lines] = readFileSync(new URL(file, folder), "utf8").split("\n");
  expect(shebang).toMatch(/^#!lua( flags=(no-writes|allow-oom))?$/);
  const end = lines.findIndex((line) => !line.startsWith("--"));
  return { header: lines.slice(0, end).join("\n"), body: lines.slice(end).join("\n") };
}

function numbers(pattern: RegExp, text: string): number[] {
  return [...new Set([...text.matchAll(pattern)].map((match) => Number(match[1])))].sort((a, b) => a - b);
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}

test("every script in the folder is loaded, and only they", () => {
  const loaded = scriptNames.map((name) => loadScript(name).body).sort();
  expect(files.map((file) => readFileSync(new URL(file, folder), "utf8")).sort()).toEqual(loaded);
});

describe.each(files)("%s", (file) => {
  const { header, body } = split(file);
  const suffix = Number(/^[a-z]+(?:-[a-z]+)+-(\d+)\.lua$/.exec(file)?.[1]);

  test("is named after a verb, a noun and the number of its keys, and uses as many", () => {
    expect(numbers(/KEYS\[(\d+)\]/g, body)).toEqual(upTo(suffix));
  });

  test("has a header that lists every key and argument in order, once, and says what it returns", () => {
    const listed = (pattern: RegExp): number[] => [...header.matchAll(pattern)].map((match) => Number(match[1]));
    expect(listed(/^-- KEYS\[(\d+)\] \S/gm)).toEqual(upTo(suffix));
    expect(listed(/^-- ARGV\[(\d+)\] \S/gm)).toEqual(numbers(/ARGV\[(\d+)\]/g, body));
    expect(header).toMatch(/^-- Returns \S/m);
    expect(header).toMatch(/^-- [A-Z]/);
  });

  test("touches no key that it was not given, and no key by a name it makes up", () => {
    const calls = [...body.matchAll(/redis\.call\('([A-Z]+)'(?:, ([^,)]+))?/g)];
    const keyed = calls.filter(([, command]) => command !== "TIME" && command !== "INFO");
    expect(keyed.map(([, , key]) => key).every((key) => /^KEYS\[\d+\]$/.test(key ?? ""))).toBe(true);
  });

  test("runs in a full Redis, unless it is one by which a message comes in", () => {
    const [shebang] = readFileSync(new URL(file, folder), "utf8").split("\n");
    const isRefused = /^(append-entry|take-turn)-/.test(file);
    expect(shebang?.includes("flags=")).toBe(!isRefused);
  });

  test("never bounds a stream by its length", () => {
    expect(body).not.toMatch(/MAXLEN/i);
  });
});
