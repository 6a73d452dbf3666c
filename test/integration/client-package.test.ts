import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));
const tsc = join(root, "node_modules/.bin/tsc");
let project: string;

/** A project of someone else's, with the built package among its modules. */
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "weir-user-"));
  const weir = join(project, "node_modules/weir");
  await mkdir(weir, { recursive: true });
  await cp(join(root, "package.json"), join(weir, "package.json"));
  await run(tsc, ["-p", join(root, "tsconfig.build.json"), "--outDir", join(weir, "dist")]);
  await symlink(join(root, "node_modules"), join(weir, "node_modules"));
  await writeFile(join(project, "package.json"), '{ "type": "module" }');
});

afterAll(async () => {
  if (project !== undefined) await rm(project, { recursive: true, force: true });
});

test("another project imports the client from the built package", async () => {
  const program = 'import { connect, newId } from "weir/client"; console.log(typeof connect, newId().length);';
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program], { cwd: project });
  expect(stdout.trim()).toBe("function 21");
});

test("and its compiler sees the types, and refuses what is wrong", async () => {
  await writeFile(
    join(project, "use.ts"),
    `import { connect, type AppendAnswer } from "weir/client";
const chat = connect({ url: "https://chat.example.com", token: async () => "token" });
const room = chat.join("team:7/general", { limit: 20 });
room.on("entries", (entries) => entries.map(({ from, text }) => [from.name, text]));
export const sent: Promise<AppendAnswer> = room.send("hello", { replyTo: 3 });
// @ts-expect-error: a seq is a number
export const wrong = room.edit("3", "text");
`,
  );
  const config = {
    compilerOptions: {
      strict: true,
      module: "nodenext",
      lib: ["es2024", "dom"],
      types: [],
      noEmit: true,
      skipLibCheck: false,
    },
  };
  await writeFile(join(project, "tsconfig.json"), JSON.stringify({ ...config, files: ["use.ts"] }));
  const { stdout } = await run(tsc, ["-p", project]).catch((error: unknown) => ({ stdout: outputOf(error) }));
  expect(stdout).toBe("");
});

function outputOf(error: unknown): string {
  return typeof error === "object" && error !== null && "stdout" in error ? String(error.stdout) : String(error);
}
