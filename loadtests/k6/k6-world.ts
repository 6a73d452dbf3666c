import crypto from "k6/crypto";
import encoding from "k6/encoding";
import { clearTimeout, setTimeout } from "k6/timers";
import { WebSocket } from "k6/websockets";
import { guarded } from "../lib/guarded-socket.ts";
import type { TokenCrypto } from "../lib/token.ts";
import type { World } from "../lib/world.ts";

/** k6's clock counts whole milliseconds, and so do the latencies that are measured by it. */
export const k6World: World = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
  // One name for all connections: by their URLs they would be as many series.
  dial: (url) => guarded(new WebSocket(url, null, { tags: { name: "chat" } })),
};

export const k6Crypto: TokenCrypto = {
  base64url: (text) => encoding.b64encode(text, "rawurl"),
  hmacSha256: (secret, text) => crypto.hmac("sha256", secret, text, "base64rawurl"),
};
