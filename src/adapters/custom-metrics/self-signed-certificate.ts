import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { bits, context, contextText, integer, objectId, octets, sequence, set, time, utf8 } from "./der.ts";

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

const ids = { ecdsaWithSha256: "1.2.840.10045.4.3.2", commonName: "2.5.4.3", subjectAltName: "2.5.29.17" } as const;
const yearMs = 31_557_600_000;

/**
 * A certificate that nobody has signed but its own key, for a server that is reached by one that does not check it. The key lives as long
 * as the process.
 * @param names DNS names, the first one also as the subject; @param now Unix ms
 */
export function selfSignedCertificate(names: readonly [string, ...string[]], now: number): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = sequence(objectId(ids.ecdsaWithSha256));
  const subject = sequence(set(sequence(objectId(ids.commonName), utf8(names[0].slice(0, 64)))));
  const altNames = octets(sequence(...names.map((name) => contextText(2, name))));
  const body = sequence(
    context(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    subject,
    sequence(time(now - yearMs / 365), time(now + 10 * yearMs)),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    context(3, sequence(sequence(objectId(ids.subjectAltName), altNames))),
  );
  const whole = sequence(body, algorithm, bits(sign("sha256", body, privateKey)));
  return { cert: pem("CERTIFICATE", whole), key: privateKey.export({ type: "pkcs8", format: "pem" }) };
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
