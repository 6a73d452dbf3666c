import { existsSync, readFileSync } from "node:fs";

/** What a lockfile says of one package; only what is used here. */
export interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface Lockfile {
  readonly packages: Record<string, LockedPackage & Record<string, unknown>>;
}

/** All of the project: its own, and that of Artillery, which is installed apart. */
export const lockfiles = ["package-lock.json", "loadtests/artillery/package-lock.json"] as const;

/** @param path one of `lockfiles` */
export function readLockfile(path: string): Lockfile {
  const file = new URL(`../${path}`, import.meta.url);
  const lockfile: unknown = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
  if (!isLockfile(lockfile)) throw new Error(`${path} is not a lockfile`);
  return lockfile;
}

function isLockfile(value: unknown): value is Lockfile {
  return typeof value === "object" && value !== null && "packages" in value && typeof value.packages === "object";
}

/** One package that another one offers for some platform and the lockfile does not have. */
export interface MissingPackage {
  readonly name: string;
  readonly version: string;
  readonly dev: boolean;
}

/**
 * `npm install` leaves a platform's package out of the lockfile where the registry does not serve it; then `npm ci` refuses the lockfile
 * on every machine. Only exact versions count: they are the platform packages.
 */
export function missingPackages({ packages }: Lockfile): MissingPackage[] {
  const offered = Object.values(packages).flatMap(({ optionalDependencies = {}, dev = false }) =>
    Object.entries(optionalDependencies).map(([name, version]) => ({ name, version, dev })),
  );
  return offered.filter(({ name, version }) => /^\d/.test(version) && !(`node_modules/${name}` in packages));
}
