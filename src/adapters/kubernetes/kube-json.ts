import { KubeError, type KubeEvent, type KubeList, type KubeObject } from "../../controller/ports/kube.ts";
import { isRecord } from "./is-record.ts";
import { errorOfStatus } from "./map-kube-error.ts";

function isObject(value: unknown): value is KubeObject {
  return isRecord(value) && isRecord(value["metadata"]) && typeof value["metadata"]["name"] === "string";
}

export function objectOf(value: unknown): KubeObject {
  if (isObject(value)) return value;
  throw new KubeError("unreachable", "the answer is not an object of the Kubernetes API");
}

/** Items come without their kind, as the API sends them. */
export function listOf(value: unknown): KubeList {
  const metadata = isRecord(value) ? value["metadata"] : undefined;
  const version = isRecord(metadata) ? metadata["resourceVersion"] : undefined;
  const items = isRecord(value) ? (value["items"] ?? []) : undefined;
  if (typeof version !== "string" || !Array.isArray(items))
    throw new KubeError("unreachable", "the answer is not a list of the Kubernetes API");
  return { items: items.map(objectOf), resourceVersion: version };
}

const types = { ADDED: "added", MODIFIED: "modified", DELETED: "deleted" } as const;

/** One line of a watch. Throws the error that the server sent in place of an event. */
export function eventOf(line: string): KubeEvent {
  const value: unknown = JSON.parse(line);
  const { type, object } = isRecord(value) ? value : {};
  if (type === "ADDED" || type === "MODIFIED" || type === "DELETED")
    return { type: types[type], object: objectOf(object) };
  if (type === "BOOKMARK") return { type: "bookmark", object: bookmarkOf(object) };
  const code = isRecord(object) ? object["code"] : undefined;
  throw errorOfStatus(typeof code === "number" ? code : 500, object);
}

function bookmarkOf(object: unknown): KubeObject {
  const metadata = isRecord(object) ? object["metadata"] : undefined;
  const version = isRecord(metadata) ? metadata["resourceVersion"] : undefined;
  if (typeof version !== "string") throw new KubeError("unreachable", "a bookmark without a resource version");
  return { metadata: { name: "", resourceVersion: version } };
}
