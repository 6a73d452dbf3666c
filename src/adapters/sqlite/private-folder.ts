import { chmodSync, closeSync, mkdirSync, openSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const folderMode = 0o700;
const fileMode = 0o600;
const ofOthers = 0o077;

/** The files that Weir and SQLite write into a data folder. */
const ownFile = /^(?:weir\.db(?:-wal|-shm|-journal)?|jwt-secret)$/;

/**
 * Makes the data folder where it is missing, for its owner alone. Takes other users' rights away from Weir's files, and from a folder that was
 * there and holds nothing else. A folder that is not Weir's alone stays as it is.
 * @returns whether other users can list the folder or replace its files
 * @throws the error of the file system where the folder can't be made
 */
export function openPrivateFolder(dir: string): { readonly isOpen: boolean } {
  mkdirSync(dir, { recursive: true, mode: folderMode });
  const names = readdirSync(dir);
  for (const name of names) if (ownFile.test(name)) narrow(join(dir, name), fileMode);
  if (names.every((name) => ownFile.test(name))) narrow(dir, folderMode);
  return { isOpen: isWide(dir) };
}

/** Makes a file that is missing, for its owner alone, before anything is in it. SQLite gives the rights of its file to those beside it. */
export function makePrivateFile(path: string): void {
  closeSync(openSync(path, "a", fileMode));
}

/** Rights of a file of another owner stay as they are. */
function narrow(path: string, mode: number): void {
  if (!isWide(path)) return;
  try {
    chmodSync(path, mode);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) throw error;
  }
}

/** Windows has no such rights, and shows all of them. */
function isWide(path: string): boolean {
  return process.platform !== "win32" && (statSync(path).mode & ofOthers) !== 0;
}
