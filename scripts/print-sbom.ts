import { imageSbom } from "./image-sbom.ts";
import { lockfiles, readLockfile } from "./lockfile.ts";

process.stdout.write(`${JSON.stringify(imageSbom(readLockfile(lockfiles[0])), null, 2)}\n`);
