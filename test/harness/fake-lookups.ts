import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Manifest } from "./chart.ts";
import { kubeconfigFor } from "./fake-kube-api.ts";
import { portOf } from "./port-of.ts";

/** An API server that has Secrets and answers what helm asks it. */
export interface FakeLookups extends AsyncDisposable {
  readonly kubeconfig: string;
}

/** Starts one on a free port. @param objects of the cluster: it knows their kinds, and hands out the Secrets among them */
export async function serveLookups(objects: readonly Manifest[]): Promise<FakeLookups> {
  const secrets = objects.filter(({ kind }) => kind === "Secret");
  const answers = new Map<string, object>([
    ...aboutKinds(objects),
    ...secrets.map((secret) => [pathOf(secret), secret.object] as const),
  ]);
  const server = createServer(({ url = "" }, response) => answer(response, answers.get(url.split("?")[0] ?? "")));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const folder = await mkdtemp(join(tmpdir(), "weir-lookups-"));
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, kubeconfigFor(portOf(server)));
  return {
    kubeconfig,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await once(server.close(), "close");
      await rm(folder, { recursive: true });
    },
  };
}

/** What an API server says of its version and kinds, by path. */
function aboutKinds(objects: readonly Manifest[]): readonly (readonly [string, object])[] {
  const byVersion = Map.groupBy(objects, ({ at }) => String(at("apiVersion")));
  const groups = [...byVersion.keys()].filter((version) => version.includes("/")).map(groupOf);
  const lists = [...byVersion].map(([groupVersion, ofVersion]) => {
    const kinds = [...new Set(ofVersion.map(({ kind }) => kind))];
    const resources = kinds.map((kind) => ({ kind, name: pluralOf(kind), namespaced: true, verbs: ["get"] }));
    const path = groupVersion.includes("/") ? `/apis/${groupVersion}` : `/api/${groupVersion}`;
    return [path, { kind: "APIResourceList", groupVersion, resources }] as const;
  });
  return [
    ["/version", { major: "1", minor: "34", gitVersion: "v1.34.0" }],
    ["/api", { kind: "APIVersions", versions: ["v1"] }],
    ["/apis", { kind: "APIGroupList", apiVersion: "v1", groups }],
    ...lists,
  ];
}

function groupOf(groupVersion: string): object {
  const [name = "", version] = groupVersion.split("/");
  return { name, versions: [{ groupVersion, version }], preferredVersion: { groupVersion, version } };
}

function pluralOf(kind: string): string {
  return `${kind.toLowerCase().replace(/y$/, "ie")}s`;
}

function pathOf({ at, name }: Manifest): string {
  return `/api/v1/namespaces/${String(at("metadata.namespace"))}/secrets/${name}`;
}

function answer(response: ServerResponse, body: object | undefined): void {
  const missing = { kind: "Status", apiVersion: "v1", status: "Failure", reason: "NotFound", code: 404 };
  response.writeHead(body === undefined ? 404 : 200, { "Content-Type": "application/json" });
  response.end(JSON.stringify(body ?? missing));
}
