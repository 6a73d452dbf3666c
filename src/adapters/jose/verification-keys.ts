import { createPublicKey, type KeyObject } from "node:crypto";
import type { JWTVerifyGetKey } from "jose";
import { createKeySet, type KeySetOptions } from "./key-set.ts";

/** Where tokens may be signed. Any number of them at once, so that a key can be replaced while the old one still counts. */
export interface KeySources {
  /** Shared secrets for HS256, HS384 and HS512. */
  readonly secrets?: readonly string[];
  /** Public keys in PEM form for RS, PS, ES or EdDSA, one or more in each. */
  readonly publicKeys?: readonly string[];
  readonly keySet?: KeySetOptions;
}

/** A key and the algorithms it may be used with. A token never chooses what kind a key is. */
export interface VerificationKey {
  readonly algorithms: ReadonlySet<string>;
  readonly key: Uint8Array | KeyObject | JWTVerifyGetKey;
}

/** HS256 is as strong as its secret, and no secret is stronger than its length. */
const minSecretBytes = 32;

const hmac = ["HS256", "HS384", "HS512"] as const;
const rsa = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] as const;
const curves: Readonly<Record<string, string>> = { prime256v1: "ES256", secp384r1: "ES384", secp521r1: "ES512" };
const edwards = ["EdDSA", "Ed25519"] as const;

/** @throws TypeError with one sentence that says which source is wrong and why */
export function verificationKeys({ secrets = [], publicKeys = [], keySet }: KeySources): VerificationKey[] {
  const keys = [...secrets.map(fromSecret), ...publicKeys.flatMap(pemKeys).map(fromPem)];
  return keySet === undefined ? keys : [...keys, fromIssuer(keySet)];
}

/** The secret's bytes. @throws TypeError when it is too short or is a public key by mistake */
export function secretBytes(secret: string): Uint8Array {
  if (secret.includes("-----BEGIN")) throw new TypeError("the token secret is a PEM key: set it as the public key");
  const bytes = new TextEncoder().encode(secret);
  if (bytes.length < minSecretBytes) {
    throw new TypeError(`the token secret has ${bytes.length} bytes; at least ${minSecretBytes} are needed`);
  }
  return bytes;
}

/** The keys of a text, one after the other; a text without any is itself, to be refused as a key. */
function pemKeys(text: string): readonly string[] {
  return text.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g) ?? [text];
}

function fromSecret(secret: string): VerificationKey {
  return { algorithms: new Set(hmac), key: secretBytes(secret) };
}

function fromPem(pem: string): VerificationKey {
  if (pem.includes("PRIVATE KEY")) throw new TypeError("the public key is a private key: keep that with the issuer");
  const key = readPem(pem);
  return { algorithms: new Set(algorithmsOf(key)), key };
}

function readPem(pem: string): KeyObject {
  try {
    return createPublicKey(pem);
  } catch (cause) {
    throw new TypeError("the public key is not in PEM form", { cause });
  }
}

function algorithmsOf(key: KeyObject): readonly string[] {
  const curve = curves[key.asymmetricKeyDetails?.namedCurve ?? ""];
  if (key.asymmetricKeyType === "rsa") return rsa;
  if (key.asymmetricKeyType === "rsa-pss") return rsa.filter((name) => name.startsWith("PS"));
  if (key.asymmetricKeyType === "ed25519") return edwards;
  if (key.asymmetricKeyType === "ec" && curve !== undefined) return [curve];
  throw new TypeError(`a public key of type ${key.asymmetricKeyType ?? "unknown"} is not supported`);
}

function fromIssuer(options: KeySetOptions): VerificationKey {
  return { algorithms: new Set([...rsa, ...Object.values(curves), ...edwards]), key: createKeySet(options) };
}
