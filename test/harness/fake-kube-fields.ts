import { isDeepStrictEqual } from "node:util";
import type { KubeObject } from "../../src/controller/ports/kube.ts";

/** A field's value by its path. Lists and empty objects are values of their own. */
export type Fields = ReadonlyMap<string, unknown>;

interface Tree {
  [field: string]: unknown;
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const identity = ["apiVersion", "kind", "metadata.name", "metadata.namespace"];
const serverOwned = [
  "metadata.uid",
  "metadata.resourceVersion",
  "metadata.generation",
  "metadata.creationTimestamp",
  "metadata.managedFields",
];

/** What someone may own of an object: all but its identity and what the server sets. */
export function fieldsOf(object: KubeObject): Fields {
  const fields = new Map<string, unknown>();
  collect(object, [], fields);
  for (const name of [...identity, ...serverOwned]) fields.delete(JSON.stringify(name.split(".")));
  return fields;
}

function collect(value: unknown, path: readonly string[], into: Map<string, unknown>): void {
  if (!isTree(value) || Object.keys(value).length === 0) into.set(JSON.stringify(path), value);
  else for (const [name, inner] of Object.entries(value)) collect(inner, [...path, name], into);
}

/** The object with these fields set, and those without a value gone. */
export function withFields(object: KubeObject, changes: ReadonlyMap<string, unknown>): KubeObject {
  const copy: KubeObject = structuredClone(object);
  for (const [path, value] of changes) place(copy, pathOf(path), value);
  return copy;
}

export function pathOf(path: string): readonly string[] {
  const parsed: unknown = JSON.parse(path);
  return Array.isArray(parsed) ? parsed.map(String) : [];
}

function place(tree: unknown, [name, ...rest]: readonly string[], value: unknown): void {
  if (!isTree(tree) || name === undefined) return;
  if (rest.length > 0) {
    if (!isTree(tree[name])) tree[name] = {};
    place(tree[name], rest, value);
  } else if (value === undefined) delete tree[name];
  else tree[name] = value;
}

/** Who owns which fields: a small part of what the API server keeps. */
export class FieldOwners {
  readonly #owned = new Map<string, Set<string>>();

  /** Managers other than `manager` that own one of these fields with another value. */
  conflicts(manager: string, wanted: Fields, current: Fields): readonly string[] {
    const differing = [...wanted].filter(([path, value]) => !isDeepStrictEqual(value, current.get(path)));
    return [...this.#owned]
      .filter(([other, paths]) => other !== manager && differing.some(([path]) => paths.has(path)))
      .map(([other]) => other);
  }

  /** Gives `manager` exactly these fields; what it owned before and nobody else does is returned. */
  assign(manager: string, wanted: Fields, current: Fields): readonly string[] {
    const before = this.#owned.get(manager) ?? new Set();
    this.take(
      manager,
      [...wanted].filter(([path, value]) => !isDeepStrictEqual(value, current.get(path))).map(([p]) => p),
    );
    this.#owned.set(manager, new Set(wanted.keys()));
    const left = [...before].filter((path) => !wanted.has(path));
    return left.filter((path) => ![...this.#owned.values()].some((paths) => paths.has(path)));
  }

  /** A write that is not an apply: these fields are the writer's from now on. */
  take(manager: string, paths: readonly string[]): void {
    for (const owned of this.#owned.values()) for (const path of paths) owned.delete(path);
    this.#owned.set(manager, new Set([...(this.#owned.get(manager) ?? []), ...paths]));
  }
}
