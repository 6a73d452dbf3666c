import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { signTestToken } from "../harness/sign-token.ts";
import { WeirProcess } from "../harness/weir-process.ts";

const [oldSecret, newSecret] = ["o".repeat(32), "n".repeat(32)];
const fromOld = signTestToken(oldSecret, { sub: "ada" });
const fromNew = signTestToken(newSecret, { sub: "ada" });

interface Gateway extends AsyncDisposable {
  /** The status of a handshake with this token. */
  handshake(token: string): Promise<number>;
  /** Whether its log has this. */
  says(words: string): boolean;
}

/** A gateway whose secrets are files, as they are where they are mounted. */
async function start(secrets: Readonly<Record<string, string>>): Promise<Gateway> {
  const dataDir = await mkdtemp(join(tmpdir(), "weir-keys-"));
  const env: Record<string, string> = { WEIR_DATA_DIR: dataDir };
  for (const [name, secret] of Object.entries(secrets)) {
    env[`${name}_FILE`] = join(dataDir, name);
    await writeFile(join(dataDir, name), `${secret}\n`);
  }
  const weir = await WeirProcess.start({ role: "all-in-one", env });
  return {
    handshake: async (token) => {
      const headers = { authorization: `Bearer ${token}` };
      const answer = await fetch(`${weir.url}/socket.io/?EIO=4&transport=polling`, { headers });
      await answer.body?.cancel();
      return answer.status;
    },
    says: (words) => weir.log.includes(words),
    [Symbol.asyncDispose]: async () => {
      await weir.kill();
      await rm(dataDir, { recursive: true });
    },
  };
}

test("a shared secret is replaced in three steps, and in none is a token refused that the issuer gives", async () => {
  await using before = await start({ WEIR_JWT_SECRET: oldSecret });
  await using during = await start({ WEIR_JWT_SECRET: newSecret, WEIR_JWT_SECRET_PREVIOUS: oldSecret });
  await using after = await start({ WEIR_JWT_SECRET: newSecret });

  // 1. Gateways learn the new secret one by one; the issuer signs with the old one.
  expect(await before.handshake(fromOld)).toBe(200);
  expect(await during.handshake(fromOld)).toBe(200);
  // 2. The issuer changes over, and old tokens are still about.
  expect(await during.handshake(fromNew)).toBe(200);
  // 3. No old token is left, and gateways forget the old secret one by one.
  expect(await after.handshake(fromNew)).toBe(200);

  // That each step is needed.
  expect(await before.handshake(fromNew)).toBe(401);
  expect(await after.handshake(fromOld)).toBe(401);
});

test("a start with a shared key and without an audience says that other applications' tokens are taken", async () => {
  await using open = await start({ WEIR_JWT_SECRET: newSecret });
  await using bound = await start({ WEIR_JWT_SECRET: newSecret, WEIR_JWT_AUDIENCE: "chat" });
  const warning = "WEIR_JWT_AUDIENCE is not set";
  expect([open.says(warning), bound.says(warning)]).toEqual([true, false]);
  const other = signTestToken(newSecret, { sub: "ada", aud: "payroll" });
  expect([await open.handshake(other), await bound.handshake(other)]).toEqual([200, 401]);
});
