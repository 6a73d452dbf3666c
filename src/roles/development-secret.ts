import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { openPrivateFolder } from "../adapters/sqlite/private-folder.ts";
import { ConfigError } from "../config/index.ts";

const fileName = "jwt-secret";

/** The secret that all-in-one makes for itself, so that its tokens outlive a restart. Readable by its owner only. */
export function developmentSecret(dataDir: string): string {
  openPrivateFolder(dataDir);
  const path = join(dataDir, fileName);
  try {
    writeFileSync(path, randomBytes(48).toString("base64url"), { mode: 0o600, flag: "wx" });
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  }
  return readFileSync(path, "utf8");
}

/**
 * The same secret for tools. They make none, because no server would know it.
 * @throws ConfigError where all-in-one has made none in this folder
 */
export function existingDevelopmentSecret(dataDir: string): string {
  try {
    return readFileSync(join(dataDir, fileName), "utf8");
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
    throw new ConfigError(
      `no secret to sign with: the data folder ${resolve(dataDir)} has none; set --data-dir to the folder of weir all-in-one, or WEIR_JWT_SECRET to the secret of the gateways`,
    );
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
