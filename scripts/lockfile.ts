import { existsSync, readFileSync } from "node:fs";

/** What a lockfile says of one package; only what is used here. */
export interface LockedPackage {
  /** Where it is not the path's. */
  readonly name?: string;
  readonly version?: string;
  readonly dev?: boolean;
  readonly license?: string;
  /** SHA-512 of the package's archive, as `sha512-` and base64. */
  readonly integrity?: string;
  /** It comes within the archive of the package that depends on it. */
  readonly inBundle?: boolean;
  /** Only for these systems; absent: for all. */
  readonly os?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface Lockfile {
  readonly packages: Record<string, LockedPackage & Record<string, unknown>>;
}

/** All of the project: its own, and that of Artillery, which is installed apart. */
export const lockfiles = ["package-lock.json", "loadtests/artillery/package-lock.json"] as const;

/** @param path one of `lockfiles`, or the one by which npm notes what it installed, `node_modules/.package-lock.json` */
export function readLockfile(path: string): Lockfile {
  const file = new URL(`../${path}`, import.meta.url);
  const lockfile: unknown = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
  if (!isLockfile(lockfile)) throw new Error(`${path} is not a lockfile`);
  return lockfile;
}

function isLockfile(value: unknown): value is Lockfile {
  return typeof value === "object" && value !== null && "packages" in value && typeof value.packages === "object";
}

/** A package that another one offers for some platform and the lockfile does not have. */
export interface MissingPackage {
  readonly name: string;
  readonly version: string;
}

/**
 * `npm install` leaves a platform's package out of the lockfile where the registry does not serve it; then `npm ci` refuses the lockfile
 * on every machine. Only exact versions count: they are the platform packages.
 */
export function missingPackages({ packages }: Lockfile): MissingPackage[] {
  const offered = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
    Object.entries(optionalDependencies).map(([name, version]) => ({ name, version })),
  );
  return offered.filter(({ name, version }) => /^\d/.test(version) && !(`node_modules/${name}` in packages));
}

/** Paths of packages that npm would take without a look at what it got: no hash of their own, nor of an archive that they come within. */
export function unhashedPackages({ packages }: Lockfile): string[] {
  const isHashed = (path: string): boolean => {
    const { integrity, inBundle = false } = packages[path] ?? {};
    return integrity?.startsWith("sha512-") ?? (inBundle && isHashed(ownerOf(path)));
  };
  return Object.keys(packages).filter((path) => path !== "" && !isHashed(path));
}

/** `@a/b` for `node_modules/c/node_modules/@a/b`. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
}

/** `node_modules/a` for `node_modules/a/node_modules/b`. */
function ownerOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/node_modules/")));
}
