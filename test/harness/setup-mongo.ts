import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { ferretdbPath } from "./setup-ferretdb.ts";

/** Which MongoDB-protocol server the tests use: the first that is there, real ones before FerretDB. */
export type MongoKind = "url" | "mongod" | "container" | "ferretdb";

export const mongoImage = "mongo:8";

/** Whether a program runs and says that all is well. */
async function answers(program: string, ...args: readonly string[]): Promise<boolean> {
  try {
    await promisify(execFile)(program, args, { timeout: 300_000 });
    return true;
  } catch {
    return false;
  }
}

async function hasContainer(): Promise<boolean> {
  if (!(await answers("docker", "version"))) return false;
  return (await answers("docker", "image", "inspect", mongoImage)) || answers("docker", "pull", mongoImage);
}

/** The kind of server that this machine can start. Rejects with one line that says what to install where it can start none. */
export async function findOwnMongo(): Promise<Exclude<MongoKind, "url">> {
  if (await answers("mongod", "--version")) return "mongod";
  if (await hasContainer()) return "container";
  if (existsSync(ferretdbPath()) || (await answers("go", "version"))) return "ferretdb";
  throw new Error("no MongoDB-protocol server to start: install mongod, Docker, or Go 1.24 to build FerretDB");
}
