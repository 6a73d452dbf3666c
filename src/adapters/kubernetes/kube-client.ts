import type { IncomingMessage } from "node:http";
import type {
  ApplyOptions,
  KubeApi,
  KubeEvent,
  KubeList,
  KubeObject,
  KubeResource,
  KubeSelection,
  WatchOptions,
} from "../../controller/ports/kube.ts";
import type { Clock } from "../../kernel/clock.ts";
import { withDeadline } from "../../kernel/deadline.ts";
import { eventOf, listOf, objectOf } from "./kube-json.ts";
import { kubePath } from "./kube-path.ts";
import { type KubeRequest, KubeTransport, loadKubeConfig } from "./kube-transport.ts";
import { asKubeError, errorOfStatus } from "./map-kube-error.ts";
import { linesOf, textOf } from "./read-response.ts";

export interface KubeClientOptions {
  /** File to read the cluster and the user from; without it, this runs in a pod and uses its service account. */
  readonly kubeconfig?: string | undefined;
  readonly clock: Clock;
  /** Longest that a call may take, ms. */
  readonly callTimeoutMs: number;
}

export interface KubeClient extends KubeApi {
  /** Of the service account, or of the kubeconfig's context. */
  readonly namespace: string | undefined;
  close(): void;
}

/** The server sends a bookmark about every minute; a watch that is quiet for longer is on a dead connection. */
const longestQuietMs = 100_000;
/** How long the server is asked to keep a watch open, s. */
const watchSeconds = 300;

type Call = Omit<KubeRequest, "signal">;
const json = { "Content-Type": "application/json" };
/** YAML by its name; JSON is YAML. */
const applyPatch = { "Content-Type": "application/apply-patch+yaml" };

/** Throws where the configuration can't be read. */
export function createKubeClient(options: KubeClientOptions): KubeClient {
  const config = loadKubeConfig(options.kubeconfig);
  return new Client(options, new KubeTransport(config), config.getContextObject(config.getCurrentContext())?.namespace);
}

class Client implements KubeClient {
  readonly namespace: string | undefined;
  readonly #options: KubeClientOptions;
  readonly #transport: KubeTransport;

  constructor(options: KubeClientOptions, transport: KubeTransport, namespace: string | undefined) {
    this.#options = options;
    this.#transport = transport;
    this.namespace = namespace;
  }

  async get(resource: KubeResource, name: string): Promise<KubeObject> {
    return objectOf(await this.#call({ method: "GET", path: kubePath(resource, { name }) }));
  }

  async list(resource: KubeResource, selection: KubeSelection = {}): Promise<KubeList> {
    return listOf(await this.#call({ method: "GET", path: kubePath(resource, { query: { ...selection } }) }));
  }

  async create(resource: KubeResource, object: KubeObject): Promise<KubeObject> {
    const body = JSON.stringify(object);
    return objectOf(await this.#call({ method: "POST", path: kubePath(resource), headers: json, body }));
  }

  async replace(resource: KubeResource, object: KubeObject): Promise<KubeObject> {
    const path = kubePath(resource, { name: object.metadata.name });
    return objectOf(await this.#call({ method: "PUT", path, headers: json, body: JSON.stringify(object) }));
  }

  async apply(resource: KubeResource, object: KubeObject, options: ApplyOptions): Promise<KubeObject> {
    const { fieldManager, force, subresource } = options;
    const query = { fieldManager, force: String(force) };
    const path = kubePath(resource, { name: object.metadata.name, subresource, query });
    return objectOf(await this.#call({ method: "PATCH", path, headers: applyPatch, body: JSON.stringify(object) }));
  }

  async remove(resource: KubeResource, name: string): Promise<void> {
    await this.#call({ method: "DELETE", path: kubePath(resource, { name }) });
  }

  async *watch(resource: KubeResource, { signal, ...query }: WatchOptions): AsyncGenerator<KubeEvent> {
    const wanted = { ...query, watch: "true", allowWatchBookmarks: "true", timeoutSeconds: String(watchSeconds) };
    const path = kubePath(resource, { query: wanted });
    const ending = new AbortController();
    const both = AbortSignal.any([signal, ending.signal]);
    try {
      const response = await this.#bounded(() => this.#open({ method: "GET", path }, both));
      for await (const line of this.#untilQuiet(linesOf(response), ending)) yield eventOf(line);
    } catch (error) {
      throw asKubeError(error);
    } finally {
      ending.abort();
    }
  }

  close(): void {
    this.#transport.close();
  }

  #call(call: Call): Promise<unknown> {
    return this.#bounded(async (signal) => {
      const text = await textOf(await this.#open(call, signal));
      return JSON.parse(text) as unknown;
    });
  }

  /** The answer, once it is known to be a success. */
  async #open(call: Call, signal: AbortSignal): Promise<IncomingMessage> {
    const response = await this.#transport.send({ ...call, signal });
    const { statusCode = 500 } = response;
    if (statusCode >= 200 && statusCode < 300) return response;
    throw errorOfStatus(statusCode, parsed(await textOf(response)));
  }

  async #bounded<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, callTimeoutMs } = this.#options;
    const late = (): Error => {
      this.#transport.forgetIdle();
      return new Error(`no answer within ${callTimeoutMs} ms`);
    };
    try {
      return await withDeadline({ clock, ms: callTimeoutMs, error: late }, work);
    } catch (error) {
      throw asKubeError(error);
    }
  }

  async *#untilQuiet(lines: AsyncIterable<string>, ending: AbortController): AsyncGenerator<string> {
    const quiet = (): (() => void) => this.#options.clock.schedule(longestQuietMs, () => ending.abort());
    let cancel = quiet();
    try {
      for await (const line of lines) {
        cancel();
        yield line;
        cancel = quiet();
      }
    } finally {
      cancel();
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
