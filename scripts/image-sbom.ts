import { type LockedPackage, type Lockfile, nameOf } from "./lockfile.ts";

/** A list of packages as CycloneDX 1.5 has it; only what is used here. */
export interface Sbom {
  readonly bomFormat: "CycloneDX";
  readonly specVersion: "1.5";
  readonly version: 1;
  readonly metadata: { readonly component: SbomComponent };
  readonly components: readonly SbomComponent[];
}

export interface SbomComponent {
  readonly type: "application" | "library";
  /** Unique in the list: two packages may have one version of the same third. */
  readonly "bom-ref": string;
  readonly name: string;
  readonly version: string;
  /** Address of a package, as security databases know it. */
  readonly purl: string;
  readonly licenses?: readonly { readonly expression: string }[];
  readonly hashes?: readonly { readonly alg: "SHA-512"; readonly content: string }[];
}

/** The image takes node from its base, and the Dockerfile removes these. */
const leftOut = /^node-linux-/;

/** The npm packages of the image: those that `npm ci --omit=dev` installs on Linux, but for node. The same lockfile gives the same list. */
export function imageSbom({ packages }: Lockfile): Sbom {
  const { "": weir, ...others } = packages;
  const installed = Object.entries(others).filter(([path, about]) => isInImage(nameOf(path), about));
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: { component: { ...component("", { name: "weir", ...weir }), type: "application" } },
    components: installed.map(([path, about]) => component(path, about)),
  };
}

function isInImage(name: string, { dev = false, os = ["linux"] }: LockedPackage): boolean {
  return !dev && os.includes("linux") && !leftOut.test(name);
}

function component(path: string, about: LockedPackage): SbomComponent {
  const { name = nameOf(path), version = "", license, integrity } = about;
  return {
    type: "library",
    "bom-ref": path === "" ? name : path,
    name,
    version,
    purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
    ...(license === undefined ? {} : { licenses: [{ expression: license }] }),
    ...(integrity === undefined ? {} : { hashes: [{ alg: "SHA-512", content: hex(integrity) }] }),
  };
}

/** `sha512-` and base64, as hexadecimal digits. */
function hex(integrity: string): string {
  return Buffer.from(integrity.replace(/^sha512-/, ""), "base64").toString("hex");
}
