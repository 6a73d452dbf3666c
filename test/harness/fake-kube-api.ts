import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { objectOf } from "../../src/adapters/kubernetes/kube-json.ts";
import {
  KubeError,
  type KubeErrorReason,
  type KubeObject,
  type KubeResource,
} from "../../src/controller/ports/kube.ts";
import { FakeKubeStore } from "./fake-kube-store.ts";

/** What happens to a request: no answer ever, a reset instead of the answer (the write is done), a status instead of the work. */
export type KubeFault = "hang" | "lost-answer" | { readonly status: number; readonly message?: string };

export interface FakeKubeRequest {
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly watch: boolean;
}

interface Target extends FakeKubeRequest {
  readonly resource: KubeResource;
  readonly name: string | undefined;
  readonly subresource: "status" | undefined;
  readonly query: URLSearchParams;
}

const codes: Readonly<Record<KubeErrorReason, number>> = {
  conflict: 409,
  "not-found": 404,
  gone: 410,
  forbidden: 403,
  invalid: 422,
  unreachable: 500,
};

/** An API server that speaks HTTP on a free port: objects, watches, server-side apply, and faults on demand. */
export class FakeKubeApi implements AsyncDisposable {
  readonly store = new FakeKubeStore();
  readonly port: number;
  /** To be given to a client. */
  readonly kubeconfig: string;
  /** Asked before each request. */
  fault: (request: FakeKubeRequest) => KubeFault | undefined = () => undefined;
  /** All requests so far. */
  readonly requests: FakeKubeRequest[] = [];
  connections = 0;
  readonly #server: Server;
  readonly #folder: string;

  constructor(server: Server, port: number, folder: string) {
    this.#server = server;
    this.port = port;
    this.#folder = folder;
    this.kubeconfig = join(folder, "kubeconfig");
    server.on("connection", () => this.connections++);
    server.on("request", (request, response) => void this.#serve(request, response));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
    await rm(this.#folder, { recursive: true });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = targetOf(request);
    this.requests.push(target);
    const fault = this.fault(target);
    if (fault === "hang") return;
    try {
      if (typeof fault === "object") answer(response, fault.status, { kind: "Status", ...fault });
      else if (target.watch) this.#watch(target, response);
      else {
        const result = this.#work(target, await bodyOf(request));
        if (fault === "lost-answer") request.socket.resetAndDestroy();
        else answer(response, 200, result);
      }
    } catch (error) {
      answer(response, ...statusOf(error));
    }
  }

  #work({ method, resource, name, subresource, query }: Target, body: KubeObject | undefined): object {
    if (body === undefined) {
      if (name === undefined) return this.#list(resource, query);
      if (method === "GET") return this.store.get(resource, name);
      this.store.remove(resource, name);
      return { kind: "Status", status: "Success" };
    }
    if (method === "POST") return this.store.create(resource, body);
    if (method === "PUT") return this.store.replace(resource, body);
    const options = { fieldManager: query.get("fieldManager") ?? "", force: query.get("force") === "true" };
    return this.store.apply(resource, body, subresource === undefined ? options : { ...options, subresource });
  }

  #list(resource: KubeResource, query: URLSearchParams): object {
    const { items, resourceVersion } = this.store.list(resource, selectionOf(query));
    return { kind: "List", metadata: { resourceVersion }, items };
  }

  #watch({ resource, query }: Target, response: ServerResponse): void {
    const send = (type: string, object: object): void => void response.write(`${JSON.stringify({ type, object })}\n`);
    const stop = this.store.watch(resource, query.get("resourceVersion") ?? "0", selectionOf(query), {
      event: ({ type, object }) => send(type.toUpperCase(), object),
      fail: (error) => {
        send("ERROR", statusOf(error)[1]);
        response.end();
      },
      end: () => response.end(),
    });
    response.flushHeaders();
    response.on("close", stop);
  }
}

function selectionOf(query: URLSearchParams): { readonly labelSelector?: string; readonly fieldSelector?: string } {
  return { labelSelector: query.get("labelSelector") ?? "", fieldSelector: query.get("fieldSelector") ?? "" };
}

function targetOf({ method = "GET", url = "/" }: IncomingMessage): Target {
  const { pathname, searchParams: query } = new URL(url, "http://localhost");
  return { method, path: pathname, watch: query.get("watch") === "true", ...addressOf(pathname), query };
}

function addressOf(path: string): Pick<Target, "resource" | "name" | "subresource"> {
  const segments = path.split("/").slice(1).map(decodeURIComponent);
  const [group = "", version = "", ...rest] = segments[0] === "api" ? ["", ...segments.slice(1)] : segments.slice(1);
  const namespaced = rest[0] === "namespaces" && rest.length > 2;
  const [plural = "", name, subresource] = namespaced ? rest.slice(2) : rest;
  const namespace = namespaced ? { namespace: String(rest[1]) } : {};
  return {
    resource: { group, version, plural, ...namespace },
    name,
    subresource: subresource === "status" ? subresource : undefined,
  };
}

async function bodyOf(request: IncomingMessage): Promise<KubeObject | undefined> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += String(chunk);
  return text === "" ? undefined : objectOf(JSON.parse(text));
}

function statusOf(error: unknown): [number, object] {
  const code = error instanceof KubeError ? codes[error.reason] : 500;
  return [code, { kind: "Status", code, message: error instanceof Error ? error.message : String(error) }];
}

function answer(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}

export async function startFakeKubeApi(): Promise<FakeKubeApi> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const api = new FakeKubeApi(server, address.port, await mkdtemp(join(tmpdir(), "weir-kube-")));
  await writeFile(api.kubeconfig, kubeconfigFor(address.port));
  return api;
}

/** A kubeconfig for an API server on a port of this machine. Without keys, which only an API that is not TLS takes. */
export function kubeconfigFor(port: number): string {
  return JSON.stringify({
    "current-context": "fake",
    clusters: [{ name: "fake", cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } }],
    users: [{ name: "fake", user: { token: "a token" } }],
    contexts: [{ name: "fake", context: { cluster: "fake", user: "fake", namespace: "chat" } }],
  });
}
