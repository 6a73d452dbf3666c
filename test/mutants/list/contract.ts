import { mutantsOf } from "../mutant.ts";

export const contractMutants = [
  ...mutantsOf("src/protocol", [
    [
      "validate.ts",
      'new Set(["__proto__", "constructor", "prototype"])',
      'new Set(["constructor", "prototype"])',
      "A key named `__proto__` is refused.",
    ],
    [
      "validate.ts",
      "if (depth > maxDepth) throw",
      "if (depth > 1_000) throw",
      "A request that is nested too deep is refused.",
    ],
    ["validate.ts", "refuseHostile(payload, 0);", "", "Text that is no Unicode is refused."],
    ["validate.ts", "prototype !== Object.prototype && prototype !== null", "false", "Binary data is refused."],
    [
      "validate.ts",
      "Buffer.byteLength(request.text) > textBytes",
      "request.text.length > textBytes",
      "The limit of a text counts bytes.",
    ],
    [
      "token-claims.ts",
      "grants.every(({ room }) => isRoomPattern(room))",
      "true",
      "A grant with a bad pattern is refused.",
    ],
    [
      "token-claims.ts",
      'if (!isSub(user)) return { wrong: "sub" };',
      'if (user === undefined) return { wrong: "sub" };\n  if (!isSub(user)) return { wrong: "exp" };',
      "The refusal names the claim.",
    ],
  ]),
  ...mutantsOf("src/adapters/jose", [
    [
      "token-verifier.ts",
      "keys.filter(({ algorithms }) => algorithms.has(algorithm))",
      "keys",
      "A key is used with its own algorithms only.",
    ],
    ["token-verifier.ts", "token.length > limits.tokenLength || ", "", "A token that is too long is not read."],
    [
      "token-verifier.ts",
      'if (crit !== undefined) throw unauthenticated("the token has critical extensions");',
      "",
      "A token with critical extensions is refused.",
    ],
    [
      "token-verifier.ts",
      "...(audience === undefined ? {} : { audience })",
      "",
      "A token for another audience is refused.",
    ],
    ["token-verifier.ts", "...(issuer === undefined ? {} : { issuer })", "", "A token of another issuer is refused."],
    [
      "token-verifier.ts",
      "issuedAt > now + clockSkewMs) throw",
      "issuedAt > now + 100 * clockSkewMs) throw",
      "A token from the future is refused.",
    ],
    [
      "token-verifier.ts",
      "if (expiresAt + clockSkewMs <= now) throw expired();",
      "",
      "A token that is over is refused by our own clock.",
    ],
    [
      "token-verifier.ts",
      "expiresAt - now - clockSkewMs : expiresAt - issuedAt",
      "0 : expiresAt - issuedAt",
      "A token without `iat` has a longest lifetime too.",
    ],
    ["token-type.ts", 'if (typeof typ !== "string") return false;', "", "A type that is no text is refused."],
    [
      "token-type.ts",
      "if (typ === undefined) return required === undefined;",
      "if (typ === undefined) return true;",
      "A token without the required type is refused.",
    ],
    ["key-set.ts", "this.#failure.earlier + 1", "0", "Pauses after failed fetches grow."],
    ["key-set.ts", "random: random(), error", "random: 1, error", "Gateways ask at different times."],
    ["bounded-fetch.ts", "if (bytes > maxBytes) throw", "if (bytes > 1e12) throw", "A key set has 1 MiB at most."],
    [
      "verification-keys.ts",
      "if (bytes.length < minSecretBytes) {",
      "if (bytes.length < 8) {",
      "A short secret is refused.",
    ],
    [
      "verification-keys.ts",
      'if (pem.includes("PRIVATE KEY")) throw',
      'if (pem.includes("NO KEY")) throw',
      "A private key is refused.",
    ],
    ["verification-keys.ts", 'rsa.filter((name) => name.startsWith("PS"))', "rsa", "A PSS key is used with PSS only."],
  ]),
];
