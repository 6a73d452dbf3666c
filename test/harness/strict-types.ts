import * as kubernetes from "@kubernetes/client-node";
import { fieldsOf, isRecord, type Manifest } from "./chart.ts";

/** One attribute of a type of the API, as the client describes it. */
interface Attribute {
  readonly baseName: string;
  /** `string`, `V1Pod`, `Array<V1Pod>`, `{ [key: string]: string; }`, … */
  readonly type: string;
}

const models: ReadonlyMap<string, unknown> = new Map(Object.entries(kubernetes));

/** The client's type of a manifest of Kubernetes' own; undefined for kinds that others add. */
export function typeOf({ object, kind }: Manifest): string | undefined {
  const version = String(object["apiVersion"]).split("/").at(-1) ?? "";
  const name = `${version.charAt(0).toUpperCase()}${version.slice(1)}${kind}`;
  return attributesOf(name) === undefined ? undefined : name;
}

/** Everything that is wrong by the types of the API: unknown fields, and values of another type. Lines such as `spec.imag: unknown`. */
export function typeErrors(value: unknown, type: string, path = ""): readonly string[] {
  if (value === null || value === undefined) return [`${path}: empty`];
  const collection = collectionOf(type);
  if (collection !== undefined) {
    const { isOne, entry, name } = collection;
    return isOne(value) ? entryErrors(value, entry, path) : [`${path}: not a ${name}`];
  }
  const attributes = attributesOf(type);
  return attributes === undefined ? scalarErrors(value, type, path) : objectErrors(value, attributes, path);
}

interface Collection {
  readonly name: "list" | "map";
  readonly isOne: (value: unknown) => boolean;
  /** Type of what is in it. */
  readonly entry: string;
}

function collectionOf(type: string): Collection | undefined {
  const item = /^Array<(.+)>$/.exec(type)?.[1];
  if (item !== undefined) return { name: "list", isOne: Array.isArray, entry: item };
  const entry = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1];
  return entry === undefined ? undefined : { name: "map", isOne: isRecord, entry };
}

/** Of a list or a map, whose entries are all of one type. */
function entryErrors(value: unknown, type: string, path: string): readonly string[] {
  return Object.entries(fieldsOf(value)).flatMap(([key, entry]) => typeErrors(entry, type, `${path}.${key}`));
}

function objectErrors(value: unknown, attributes: readonly Attribute[], path: string): readonly string[] {
  if (!isRecord(value) || Array.isArray(value)) return [`${path}: not an object`];
  return Object.entries(value).flatMap(([key, item]) => {
    const at = path === "" ? key : `${path}.${key}`;
    const attribute = attributes.find(({ baseName }) => baseName === key);
    return attribute === undefined ? [`${at}: unknown`] : typeErrors(item, attribute.type, at);
  });
}

/** Types that are not compared: `any`, and those that the client reads from text. */
const scalars: Readonly<Record<string, readonly string[]>> = {
  string: ["string"],
  number: ["number"],
  boolean: ["boolean"],
  IntOrString: ["number", "string"],
};

function scalarErrors(value: unknown, type: string, path: string): readonly string[] {
  const allowed = scalars[type];
  return allowed === undefined || allowed.includes(typeof value) ? [] : [`${path}: not a ${type}`];
}

function attributesOf(type: string): readonly Attribute[] | undefined {
  const model = models.get(type);
  if (typeof model !== "function" || !("getAttributeTypeMap" in model)) return undefined;
  const { getAttributeTypeMap } = model;
  if (typeof getAttributeTypeMap !== "function") return undefined;
  const found: unknown = getAttributeTypeMap.call(model);
  return Array.isArray(found) ? found.filter(isAttribute) : undefined;
}

function isAttribute(value: unknown): value is Attribute {
  return isRecord(value) && typeof value["baseName"] === "string" && typeof value["type"] === "string";
}
