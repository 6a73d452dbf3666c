import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { createServer, type Server } from "node:http";
import { SignJWT } from "jose";
import { expect, test } from "vitest";
import { createTokenVerifier } from "../../src/adapters/jose/token-verifier.ts";
import type { TokenVerifier } from "../../src/gateway/ports.ts";
import { ManualClock } from "../../src/kernel/manual-clock.ts";
import { freePort } from "../harness/free-port.ts";

interface Issuer extends AsyncDisposable {
  readonly verifier: TokenVerifier;
  fetches(): number;
  /** What the verifier said of its fetches. */
  readonly told: readonly string[];
  /** Publishes a new key under this id beside the others, and signs with it from now on. */
  rotate(kid: string): void;
  sign(kid: string, header?: object): Promise<string>;
  stop(): Promise<void>;
}

async function startIssuer(): Promise<Issuer> {
  const clock = new ManualClock(Date.now());
  const keys = new Map<string, { readonly publicKey: KeyObject; readonly privateKey: KeyObject }>();
  const told: string[] = [];
  let fetches = 0;
  const port = await freePort();
  const server = createServer((_request, response) => {
    fetches += 1;
    const jwks = [...keys].map(([kid, { publicKey }]) => ({
      ...publicKey.export({ format: "jwk" }),
      kid,
      alg: "ES256",
    }));
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ keys: jwks }));
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const jwksUrl = `http://127.0.0.1:${port}/keys`;
  const stop = (): Promise<void> => close(server);
  return {
    verifier: createTokenVerifier({
      keys: { jwksUrl, onFetch: (result) => void told.push(result) },
      defaultGrants: [],
      clock,
    }),
    fetches: () => fetches,
    told,
    rotate: (kid) => void keys.set(kid, generateKeyPairSync("ec", { namedCurve: "prime256v1" })),
    sign: async (kid, header = { kid }) => {
      const key = keys.get(kid)?.privateKey;
      if (key === undefined) throw new TypeError("no such key");
      const claims = { sub: "alice", exp: Math.floor(clock.now() / 1_000) + 60 };
      return new SignJWT(claims).setProtectedHeader({ alg: "ES256", ...header }).sign(key);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

test("tokens verify against a fetched key set, which is fetched once", async () => {
  await using issuer = await startIssuer();
  issuer.rotate("one");
  issuer.rotate("two");
  const tokens = [await issuer.sign("one"), await issuer.sign("two"), await issuer.sign("two", {})];
  for (const token of tokens) expect(await issuer.verifier.verify(token)).toMatchObject({ id: "alice" });
  expect(issuer.fetches()).toBe(1);
  expect(issuer.told).toEqual(["ok"]);
});

test("forged key ids do not make the issuer be asked again and again", async () => {
  await using issuer = await startIssuer();
  issuer.rotate("one");
  await issuer.verifier.verify(await issuer.sign("one"));
  for (let i = 0; i < 20; i++) {
    const forged = await issuer.sign("one", { kid: `forged${i}` });
    await expect(issuer.verifier.verify(forged)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  }
  expect(issuer.fetches()).toBe(1);
});

test("while the key set can't be fetched, nobody is told that his token is bad", async () => {
  await using issuer = await startIssuer();
  issuer.rotate("one");
  const token = await issuer.sign("one");
  await issuer.stop();
  await expect(issuer.verifier.verify(token)).rejects.toMatchObject({ code: "UNAVAILABLE", retryAfterMs: 2_000 });
  expect(issuer.told).toEqual(["failed"]);
});
