import type { KubeResource } from "../../controller/ports/kube.ts";

export interface PathParts {
  readonly name?: string;
  readonly subresource?: string | undefined;
  readonly query?: Readonly<Record<string, string | undefined>>;
}

/** Where the API serves a resource, or one object of it. */
export function kubePath(resource: KubeResource, { name, subresource, query = {} }: PathParts = {}): string {
  const { group, version, plural, namespace } = resource;
  const segments = [
    ...(group === "" ? ["api", version] : ["apis", group, version]),
    ...(namespace === undefined ? [] : ["namespaces", namespace]),
    ...[plural, name, subresource].filter((segment) => segment !== undefined),
  ];
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) search.set(key, value);
  const path = `/${segments.map(encodeURIComponent).join("/")}`;
  return search.size === 0 ? path : `${path}?${search.toString()}`;
}
