import { inflateRawSync } from "node:zlib";

const signatures = { end: 0x06_05_4b_50, entry: 0x02_01_4b_50 } as const;

/** The content of one file of a ZIP archive below 4 GiB, stored or deflated; undefined where it is not in there. */
export function unzip(archive: Buffer, name: string): Buffer | undefined {
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || archive.readUInt32LE(end) !== signatures.end) throw new Error("this is not a ZIP archive");
  const count = archive.readUInt16LE(end + 10);
  let at = archive.readUInt32LE(end + 16);
  for (let i = 0; i < count && archive.readUInt32LE(at) === signatures.entry; i += 1) {
    const nameLength = archive.readUInt16LE(at + 28);
    if (archive.toString("utf8", at + 46, at + 46 + nameLength) === name) return contentOf(archive, at);
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return undefined;
}

function contentOf(archive: Buffer, entry: number): Buffer {
  const compressed = archive.readUInt32LE(entry + 20);
  const local = archive.readUInt32LE(entry + 42);
  const from = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  const content = archive.subarray(from, from + compressed);
  return archive.readUInt16LE(entry + 10) === 0 ? content : inflateRawSync(content);
}
