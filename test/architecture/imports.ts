import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** One import of one source file. */
export interface Import {
  /** Path below `src`. */
  readonly file: string;
  /** Path below `src` for our own files, the package name for others. */
  readonly target: string;
  readonly own: boolean;
}

const statement =
  /(?:^|\n)\s*(?:import|export)\s[^"';]*?from\s*"([^"]+)"|(?:^|\n)\s*import\s*"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)/g;

function withoutComments(source: string): string {
  return source.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/.*$/gm, "$1");
}

/** The specifiers that a source text imports, type-only imports and re-exports included. */
export function specifiersOf(source: string): string[] {
  return [...withoutComments(source).matchAll(statement)].map((m) => m[1] ?? m[2] ?? m[3] ?? "");
}

function packageOf(specifier: string): string {
  const parts = specifier.split("/");
  return specifier.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? specifier);
}

function toImport(file: string, specifier: string): Import {
  if (specifier.startsWith(".")) return { file, target: normalize(join(dirname(file), specifier)), own: true };
  return { file, target: specifier.startsWith("node:") ? specifier : packageOf(specifier), own: false };
}

/** Every import of every TypeScript file below `root`. */
export function importsBelow(root: string): Import[] {
  return globSync("**/*.ts", { cwd: root }).flatMap((file) =>
    specifiersOf(readFileSync(join(root, file), "utf8")).map((specifier) => toImport(file, specifier)),
  );
}

/** The folder that the rules speak of: `gateway`, `adapters/redis`, `main`. */
export function folderOf(file: string): string {
  const [first = "", second = ""] = file.split("/");
  if (first === "adapters") return `adapters/${second}`;
  return first.replace(/\.ts$/, "");
}
