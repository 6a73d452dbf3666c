import { existsSync } from "node:fs";
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from "node:https";
import { KubeConfig } from "@kubernetes/client-node";
import { serviceAccountToken } from "./service-account.ts";

export interface KubeRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ends the request, and its connection, at whatever point it is. */
  readonly signal: AbortSignal;
}

/**
 * Requests to the API server, with the addresses, keys and tokens of a kubeconfig. Connections are kept and used again: the
 * vendor's own calls open one each, and go on using an HTTP/2 session on which nothing comes back. Here, a request that is
 * aborted takes its connection with it.
 */
export class KubeTransport {
  readonly #config: KubeConfig;
  readonly #server: URL;
  readonly #proxied: boolean;
  readonly #agent: HttpAgent;

  /** Throws where the configuration names no cluster. */
  constructor(config: KubeConfig) {
    const cluster = config.getCurrentCluster();
    if (cluster === null) throw new Error("the kubeconfig has no current cluster");
    this.#config = config;
    this.#server = new URL(cluster.server);
    this.#proxied = cluster.proxyUrl !== undefined;
    this.#agent =
      this.#server.protocol === "https:" ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  }

  async send({ method, path, headers, body, signal }: KubeRequest): Promise<IncomingMessage> {
    const options: RequestOptions = {};
    await this.#config.applyToHTTPSOptions(options);
    if (!this.#proxied) options.agent = this.#agent;
    const url = new URL(`${this.#server.pathname.replace(/\/$/, "")}${path}`, this.#server);
    const open = url.protocol === "https:" ? httpsRequest : httpRequest;
    const request = open(url, {
      ...options,
      method,
      headers: { "User-Agent": "weir", ...named(options.headers), ...headers },
      signal,
    });
    return new Promise((resolve, reject) => {
      request.on("response", resolve);
      request.on("error", reject);
      request.end(body);
    });
  }

  /** Lets go of idle connections: where one fell silent, the others that were open then may have too. */
  forgetIdle(): void {
    for (const sockets of Object.values(this.#agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
  }

  close(): void {
    this.#agent.destroy();
  }
}

function named(headers: RequestOptions["headers"]): OutgoingHttpHeaders {
  return headers === undefined || Array.isArray(headers) ? {} : Object.fromEntries(Object.entries(headers));
}

/** Of a file, or of the pod that this runs in. Throws, with what to do, where there is neither. */
export function loadKubeConfig(file: string | undefined): KubeConfig {
  const config = new KubeConfig();
  if (file !== undefined) config.loadFromFile(file);
  else if (existsSync(serviceAccountToken)) config.loadFromCluster();
  else throw new Error("this is no pod with a service account; set WEIR_KUBECONFIG to reach Kubernetes from here");
  return config;
}
