/** The Kubernetes API as the controller needs it: plain JSON objects, compare-and-set, server-side apply and watches. */

export interface KubeMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** RFC 3339. */
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
}

/** Whatever else it has is for its reader to check: `spec`, `status` and so on are as the API sent them. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: KubeMetadata;
  readonly [field: string]: unknown;
}

/** One kind of object, in one namespace, or in all where it says none. */
export interface KubeResource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespace?: string;
}

export interface KubeSelection {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface KubeList {
  readonly items: readonly KubeObject[];
  /** Where a watch goes on from. */
  readonly resourceVersion: string;
}

export interface KubeEvent {
  /** A bookmark's object has nothing but a resource version. */
  readonly type: "added" | "modified" | "deleted" | "bookmark";
  readonly object: KubeObject;
}

export interface ApplyOptions {
  readonly fieldManager: string;
  /** Takes fields from other owners. Without it, a field that another owns is a conflict. */
  readonly force: boolean;
  readonly subresource?: "status";
}

export interface WatchOptions extends KubeSelection {
  readonly resourceVersion: string;
  readonly signal: AbortSignal;
}

/** Every call has a deadline, and rejects with a `KubeError`. */
export interface KubeApi {
  get(resource: KubeResource, name: string): Promise<KubeObject>;
  list(resource: KubeResource, selection?: KubeSelection): Promise<KubeList>;
  /** Changes after `resourceVersion`, with bookmarks. Ends when the server ends it; throws when it breaks, falls silent or is aborted. */
  watch(resource: KubeResource, options: WatchOptions): AsyncIterable<KubeEvent>;
  /** `conflict` where it exists. */
  create(resource: KubeResource, object: KubeObject): Promise<KubeObject>;
  /** Writes over the object if it still has the resource version that is given in it; otherwise `conflict`. */
  replace(resource: KubeResource, object: KubeObject): Promise<KubeObject>;
  /** Server-side apply: only the fields in `object` change, and belong to the manager from then on. */
  apply(resource: KubeResource, object: KubeObject, options: ApplyOptions): Promise<KubeObject>;
  remove(resource: KubeResource, name: string): Promise<void>;
}

/**
 * `conflict`: another wrote first, exists already, or owns the field. `gone`: the resource version is too old to watch from.
 * `forbidden`: no such right, or not known to the server. `invalid`: the server does not take the object.
 * `unreachable`: no answer, or none that tells: what was asked for may have happened.
 */
export type KubeErrorReason = "conflict" | "not-found" | "gone" | "forbidden" | "invalid" | "unreachable";

export class KubeError extends Error {
  override readonly name = "KubeError";
  readonly reason: KubeErrorReason;

  constructor(reason: KubeErrorReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Whether a call was refused for this reason. */
export function isKubeError(error: unknown, reason: KubeErrorReason): boolean {
  return error instanceof KubeError && error.reason === reason;
}
