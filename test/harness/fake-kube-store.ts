import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import {
  type ApplyOptions,
  KubeError,
  type KubeEvent,
  type KubeList,
  type KubeObject,
  type KubeResource,
  type KubeSelection,
} from "../../src/controller/ports/kube.ts";
import { FieldOwners, fieldsOf, pathOf, withFields } from "./fake-kube-fields.ts";

/** Everything that a watcher may be told. */
export interface Watcher {
  event(event: KubeEvent): void;
  /** The server gives up on this watch. */
  fail(error: KubeError): void;
  end(): void;
}

interface Stored {
  object: KubeObject;
  readonly owners: FieldOwners;
}

interface Change extends KubeEvent {
  readonly collection: string;
  readonly version: number;
}

interface Watching {
  readonly collection: string;
  readonly namespace: string | undefined;
  readonly selection: KubeSelection;
  readonly watcher: Watcher;
}

/**
 * Objects as an API server keeps them: one version that rises with every write, compare-and-set, field owners, a history to
 * watch from that can be compacted. Like the real one it takes a replacement of what is not there for a creation.
 */
export class FakeKubeStore {
  readonly #objects = new Map<string, Stored>();
  readonly #watching = new Set<Watching>();
  #history: Change[] = [];
  #version = 100;
  #compacted = 0;

  get watchers(): number {
    return this.#watching.size;
  }

  get(resource: KubeResource, name: string): KubeObject {
    return this.#find(resource, name).object;
  }

  list(resource: KubeResource, selection: KubeSelection = {}): KubeList {
    const prefix = `${collectionOf(resource)}|${resource.namespace === undefined ? "" : `${resource.namespace}|`}`;
    const items = [...this.#objects].filter(([key]) => key.startsWith(prefix)).map(([, { object }]) => object);
    return { items: items.filter((object) => selects(selection, object)), resourceVersion: String(this.#version) };
  }

  create(resource: KubeResource, object: KubeObject): KubeObject {
    const key = keyOf(resource, object.metadata.name);
    if (this.#objects.has(key)) throw new KubeError("conflict", `${object.metadata.name} already exists`);
    const owners = new FieldOwners();
    owners.take("creator", [...fieldsOf(object).keys()]);
    const given = { ...object.metadata, ...namespaceOf(resource) };
    const metadata = { ...given, uid: randomUUID(), generation: 1, creationTimestamp: "2026-01-01T00:00:00Z" };
    return this.#put(resource, { object: { ...object, metadata }, owners }, "added");
  }

  replace(resource: KubeResource, object: KubeObject, manager = "updater"): KubeObject {
    const { name, uid, resourceVersion } = object.metadata;
    const stored = this.#objects.get(keyOf(resource, name));
    if (stored === undefined) {
      if (uid === undefined) return this.create(resource, object);
      throw new KubeError("conflict", `${name} with uid ${uid} is not there`);
    }
    const before = stored.object;
    if ((uid ?? before.metadata.uid) !== before.metadata.uid) throw new KubeError("conflict", "another uid");
    if ((resourceVersion ?? before.metadata.resourceVersion) !== before.metadata.resourceVersion)
      throw new KubeError("conflict", `${name} has been modified`);
    const [was, is] = [fieldsOf(before), fieldsOf(object)];
    const changed = [...is].filter(([path, value]) => !isDeepStrictEqual(value, was.get(path))).map(([path]) => path);
    stored.owners.take(manager, changed);
    return this.#update(resource, stored, { ...object, metadata: { ...before.metadata, ...object.metadata } });
  }

  apply(resource: KubeResource, object: KubeObject, { fieldManager, force, subresource }: ApplyOptions): KubeObject {
    const key = keyOf(resource, object.metadata.name);
    if (!this.#objects.has(key) && subresource === undefined) this.create(resource, bare(object));
    const stored = this.#find(resource, object.metadata.name);
    const wanted = new Map(
      [...fieldsOf(object)].filter(([path]) => (pathOf(path)[0] === "status") === (subresource === "status")),
    );
    const current = fieldsOf(stored.object);
    const manager = `${fieldManager}/${subresource ?? ""}`;
    const others = stored.owners.conflicts(manager, wanted, current);
    if (others.length > 0 && !force) throw new KubeError("conflict", `conflict with ${others.join(", ")}`);
    const dropped = stored.owners.assign(manager, wanted, current);
    const changes = new Map<string, unknown>([...dropped.map((path) => [path, undefined] as const), ...wanted]);
    return this.#update(resource, stored, withFields(stored.object, changes));
  }

  remove(resource: KubeResource, name: string): void {
    const { object } = this.#find(resource, name);
    this.#objects.delete(keyOf(resource, name));
    this.#tell(resource, "deleted", this.#stamped(object));
  }

  /** Tells the watcher what came after the version, and then what comes. Throws `gone` where that was compacted. */
  watch(resource: KubeResource, from: string, selection: KubeSelection, watcher: Watcher): () => void {
    if (Number(from) < this.#compacted) throw new KubeError("gone", `too old resource version: ${from}`);
    const watching = { collection: collectionOf(resource), namespace: resource.namespace, selection, watcher };
    for (const change of this.#history) if (change.version > Number(from)) pass(watching, change);
    this.#watching.add(watching);
    return () => this.#watching.delete(watching);
  }

  /** Forgets the history, and with `now` ends the watches as too old. */
  compact(now = false): void {
    this.#compacted = ++this.#version;
    this.#history = [];
    if (now) this.failWatches(new KubeError("gone", "too old resource version"));
  }

  bookmark(): void {
    const object = { metadata: { name: "", resourceVersion: String(this.#version) } };
    for (const { watcher } of this.#watching) watcher.event({ type: "bookmark", object });
  }

  endWatches(): void {
    for (const { watcher } of this.#leave()) watcher.end();
  }

  failWatches(error: KubeError): void {
    for (const { watcher } of this.#leave()) watcher.fail(error);
  }

  /** Those who watched: they are told nothing more. */
  #leave(): readonly Watching[] {
    const all = [...this.#watching];
    this.#watching.clear();
    return all;
  }

  #find(resource: KubeResource, name: string): Stored {
    const stored = this.#objects.get(keyOf(resource, name));
    if (stored === undefined) throw new KubeError("not-found", `${resource.plural} "${name}" not found`);
    return stored;
  }

  #update(resource: KubeResource, stored: Stored, object: KubeObject): KubeObject {
    if (isDeepStrictEqual(fieldsOf(object), fieldsOf(stored.object))) return stored.object;
    const { generation = 1 } = stored.object.metadata;
    const same = isDeepStrictEqual(object["spec"], stored.object["spec"]);
    stored.object = { ...object, metadata: { ...object.metadata, generation: same ? generation : generation + 1 } };
    return this.#put(resource, stored, "modified");
  }

  #put(resource: KubeResource, stored: Stored, type: "added" | "modified"): KubeObject {
    stored.object = this.#stamped(stored.object);
    this.#objects.set(keyOf(resource, stored.object.metadata.name), stored);
    this.#tell(resource, type, stored.object);
    return stored.object;
  }

  #stamped(object: KubeObject): KubeObject {
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.#version) } };
  }

  #tell(resource: KubeResource, type: KubeEvent["type"], object: KubeObject): void {
    const change = { type, object, collection: collectionOf(resource), version: this.#version };
    this.#history.push(change);
    for (const watching of this.#watching) pass(watching, change);
  }
}

function namespaceOf({ namespace }: KubeResource): { readonly namespace?: string } {
  return namespace === undefined ? {} : { namespace };
}

function bare({ metadata, ...object }: KubeObject): KubeObject {
  const { name, namespace } = metadata;
  const kept = namespace === undefined ? { name } : { name, namespace };
  const { apiVersion, kind } = object;
  return {
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(kind === undefined ? {} : { kind }),
    metadata: kept,
  };
}

function pass({ collection, namespace, selection, watcher }: Watching, { type, object, ...change }: Change): void {
  const within = namespace === undefined || namespace === object.metadata.namespace;
  if (collection === change.collection && within && selects(selection, object)) watcher.event({ type, object });
}

function collectionOf({ group, version, plural }: KubeResource): string {
  return `${group}/${version}/${plural}`;
}

function keyOf(resource: KubeResource, name: string): string {
  return `${collectionOf(resource)}|${resource.namespace ?? ""}|${name}`;
}

/** Selectors of the form `key=value,other=value`. An object that stops matching is not told as deleted. */
function selects({ labelSelector = "", fieldSelector = "" }: KubeSelection, { metadata }: KubeObject): boolean {
  const pairs = (text: string): string[][] => (text === "" ? [] : text.split(",").map((pair) => pair.split("=")));
  return (
    pairs(labelSelector).every(([key = "", value]) => metadata.labels?.[key] === value) &&
    pairs(fieldSelector).every(([key, value]) => key === "metadata.name" && metadata.name === value)
  );
}
