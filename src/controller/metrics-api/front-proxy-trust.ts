import type { Clock } from "../../kernel/clock.ts";
import type { Service } from "../../lifecycle/service.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { KubeApi, KubeObject } from "../ports/kube.ts";

/** By what the API server is known when it passes a request on. */
export interface FrontProxy {
  /** PEM of the authorities that sign its client certificate. */
  readonly ca: string;
  /** Common names that its certificate may have; empty: any. */
  readonly allowedNames: readonly string[];
  /** Headers in which it says who asks, in lower case. */
  readonly userHeaders: readonly string[];
}

export interface FrontProxyTrustOptions {
  readonly api: Pick<KubeApi, "get">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told after each look; undefined until the first that worked. */
  readonly onLook: (proxy: FrontProxy | undefined) => void;
}

const configMaps = { group: "", version: "v1", plural: "configmaps", namespace: "kube-system" };
const configMap = "extension-apiserver-authentication";
/** Between looks, and after one that failed, ms. */
const looks = { everyMs: 60_000, retryMs: 5_000 } as const;

/** Follows what the cluster says of its front proxy. What was known last holds while it can't be read. */
export class FrontProxyTrust implements Service {
  readonly name = "front proxy trust";
  readonly #options: FrontProxyTrustOptions;
  readonly #stop = new AbortController();
  #known: FrontProxy | undefined;
  #done: Promise<void> = Promise.resolve();

  constructor(options: FrontProxyTrustOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    const { clock, onLook } = this.#options;
    while (!this.#stop.signal.aborted) {
      const worked = await this.#look();
      onLook(this.#known);
      await clock.sleep(worked ? looks.everyMs : looks.retryMs, this.#stop.signal);
    }
  }

  async #look(): Promise<boolean> {
    const { api, logger } = this.#options;
    try {
      const proxy = frontProxyOf(await api.get(configMaps, configMap));
      if (proxy === undefined) logger.warn({ configMap }, "the cluster names no front proxy: all requests are refused");
      this.#known = proxy;
      return true;
    } catch (error) {
      logger.warn({ err: error, configMap }, "what the cluster says of its front proxy can't be read");
      return false;
    }
  }
}

/** Undefined where the cluster has none, or one that can't be understood: then nobody can be told from anybody. */
export function frontProxyOf({ data }: KubeObject): FrontProxy | undefined {
  const fields: Readonly<Record<string, unknown>> = { ...(typeof data === "object" ? data : {}) };
  const ca = fields["requestheader-client-ca-file"];
  if (typeof ca !== "string" || ca === "") return undefined;
  const userHeaders = namesIn(fields["requestheader-username-headers"])?.map((name) => name.toLowerCase());
  const allowedNames = namesIn(fields["requestheader-allowed-names"] ?? "[]");
  if (userHeaders === undefined || userHeaders.length === 0 || allowedNames === undefined) return undefined;
  return { ca, allowedNames, userHeaders };
}

/** The config map has lists as JSON in a text; undefined for anything else. */
function namesIn(text: unknown): string[] | undefined {
  if (typeof text !== "string") return undefined;
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.every((name) => typeof name === "string") ? list : undefined;
  } catch {
    return undefined;
  }
}
