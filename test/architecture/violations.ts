import { folderOf, type Import } from "./imports.ts";
import { clientMayImport, layers, reservedNodeModules, siblings, vendors, withoutNode } from "./layer-rules.ts";

function layerOf(folder: string): number {
  return layers.findIndex((folders) => folders.includes(folder.startsWith("adapters/") ? "adapters" : folder));
}

function ownArrow(from: string, to: string): string | undefined {
  if (from === to) return undefined;
  if (layerOf(from) < 0 || layerOf(to) < 0) return "a folder that no layer names";
  if (from === "client" && !clientMayImport.includes(to)) return "the client may import the wire contract only";
  if (layerOf(to) < layerOf(from) || siblings.includes(`${from} -> ${to}`)) return undefined;
  return layerOf(to) === layerOf(from) ? "siblings may not import each other" : "an arrow that points outward";
}

function foreignArrow(from: string, target: string): string | undefined {
  if (target.startsWith("node:")) {
    const owners = reservedNodeModules[target];
    if (owners !== undefined && !owners.includes(from)) return "a module that belongs to an adapter";
    return withoutNode.includes(from) ? "Node in a folder that must not know it" : undefined;
  }
  return (vendors[from] ?? []).includes(target) ? undefined : "a vendor outside its adapter";
}

/** What the rules say against one import, as a sentence; undefined when nothing. */
export function violation(found: Import): string | undefined {
  const from = folderOf(found.file);
  const why = found.own ? ownArrow(from, folderOf(found.target)) : foreignArrow(from, found.target);
  return why === undefined ? undefined : `${found.file} imports ${found.target}: ${why}`;
}
