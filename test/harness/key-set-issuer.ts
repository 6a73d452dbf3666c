import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { createServer, type Server, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { SignJWT } from "jose";
import { createTokenVerifier } from "../../src/adapters/jose/token-verifier.ts";
import type { TokenVerifier } from "../../src/gateway/ports.ts";
import { ManualClock } from "../../src/kernel/manual-clock.ts";
import { portOf } from "./port-of.ts";

export interface Issuer extends AsyncDisposable {
  readonly verifier: TokenVerifier;
  readonly clock: ManualClock;
  /** Tokens that were checked with overdue keys. */
  stale(): number;
  fetches(): number;
  /** What the verifier said of its fetches. */
  readonly told: readonly string[];
  /** From now on it answers every fetch with this status and body; without them as it should. */
  answerWith(failure?: { readonly status: number; readonly body: string }): void;
  /** From now on its answers are this long when they are decoded. Returns how many bytes it has sent of the last one. */
  pad(bytes: number, coding: "identity" | "gzip"): () => number;
  /** Takes a key out of the set. */
  revoke(kid: string): void;
  /** Publishes a new key under this id beside the others, and signs with it from now on. */
  rotate(kid: string): void;
  sign(kid: string, header?: object): Promise<string>;
  stop(): Promise<void>;
}

interface Padding {
  readonly bytes: number;
  readonly coding: "identity" | "gzip";
  /** Bytes of the last answer that went out before its reader left, as they were encoded. */
  sent: number;
}

/** Sends a text and blanks behind it, as fast as they are read. */
function sendPadded(
  response: ServerResponse,
  { text, padding }: { readonly text: string; readonly padding: Padding },
): void {
  const all = padding.bytes - text.length;
  const blanks = function* (): Generator<string> {
    yield text;
    for (let left = all; left > 0; left -= 16_384) {
      yield " ".repeat(Math.min(left, 16_384));
    }
  };
  const source = Readable.from(blanks());
  const encoded = padding.coding === "gzip" ? source.pipe(createGzip()) : source;
  if (padding.coding === "gzip") response.setHeader("content-encoding", "gzip");
  encoded.on("data", (chunk: string | Buffer) => (padding.sent += chunk.length));
  encoded.pipe(response);
  response.on("close", () => encoded.destroy());
}

const hourMs = 3_600_000;

/** @param random how far within its bounds each pause lies; 1 is the longest */
export async function startIssuer(random = (): number => 1): Promise<Issuer> {
  const clock = new ManualClock(Date.now());
  const keys = new Map<string, { readonly publicKey: KeyObject; readonly privateKey: KeyObject }>();
  const told: string[] = [];
  let fetches = 0;
  let stale = 0;
  let failure: { readonly status: number; readonly body: string } | undefined;
  let padding: Padding | undefined;
  const server = createServer((_request, response) => {
    fetches += 1;
    if (failure !== undefined) {
      response.writeHead(failure.status).end(failure.body);
      return;
    }
    const jwks = [...keys].map(([kid, { publicKey }]) => ({
      ...publicKey.export({ format: "jwk" }),
      kid,
      alg: "ES256",
    }));
    response.setHeader("content-type", "application/json");
    const text = JSON.stringify({ keys: jwks });
    if (padding === undefined) response.end(text);
    else sendPadded(response, { text, padding });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${portOf(server)}/keys`;
  const stop = (): Promise<void> => close(server);
  return {
    verifier: createTokenVerifier({
      keys: {
        keySet: {
          url,
          staleIfErrorMs: 24 * hourMs,
          clock,
          random,
          onFetch: (result) => void told.push(result),
          onStale: () => (stale += 1),
        },
      },
      defaultGrants: [],
      clock,
    }),
    clock,
    stale: () => stale,
    answerWith: (given) => (failure = given),
    pad: (bytes, coding) => {
      const next: Padding = { bytes, coding, sent: 0 };
      padding = next;
      return () => next.sent;
    },
    revoke: (kid) => void keys.delete(kid),
    fetches: () => fetches,
    told,
    rotate: (kid) => void keys.set(kid, generateKeyPairSync("ec", { namedCurve: "prime256v1" })),
    sign: async (kid, header = { kid }) => {
      const key = keys.get(kid)?.privateKey;
      if (key === undefined) throw new TypeError("no such key");
      const claims = { sub: "alice", exp: Math.floor(clock.now() / 1_000) + 7 * 24 * 3_600 };
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
