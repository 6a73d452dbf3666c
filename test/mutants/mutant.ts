/** One small change to a source file that breaks a promise. The tests of the file must notice it. */
export interface Mutant {
  /** The file, from the root of the repository. */
  readonly file: string;
  /** Text that stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** The rule that the change breaks: the sentence of the test that must fail. */
  readonly rule: string;
  /** Test files or folders that run instead of those of `suites.ts`. */
  readonly tests?: readonly string[] | undefined;
}

/** `[file within the folder, find, replace, rule]`, and test files where the folder's own are not the right ones. */
export type MutantRow = readonly [file: string, find: string, replace: string, rule: string, tests?: readonly string[]];

/** Mutants of one folder. */
export function mutantsOf(folder: string, rows: readonly MutantRow[]): Mutant[] {
  return rows.map(([file, find, replace, rule, tests]) => ({ file: `${folder}/${file}`, find, replace, rule, tests }));
}

/**
 * The source with the change in it.
 * @throws Error where the text does not stand exactly once in the source, or the change changes nothing
 */
export function plant(source: string, { file, find, replace }: Mutant): string {
  const parts = source.split(find);
  if (parts.length !== 2) throw new Error(`${file}: found ${parts.length - 1} times instead of once: ${find}`);
  if (find === replace) throw new Error(`${file}: the change changes nothing: ${find}`);
  return parts.join(replace);
}
