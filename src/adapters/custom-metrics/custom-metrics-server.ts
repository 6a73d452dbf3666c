import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { TLSSocket } from "node:tls";
import { type Answer, failure } from "../../controller/metrics-api/answer.ts";
import type { FrontProxy } from "../../controller/metrics-api/front-proxy-trust.ts";
import type { MetricsApi } from "../../controller/metrics-api/metrics-api.ts";
import type { Service } from "../../lifecycle/service.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Certificate } from "./self-signed-certificate.ts";

export interface CustomMetricsServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Asked at the start and at each look at the front proxy, so that a renewed one is taken. */
  readonly certificate: () => Certificate;
  readonly api: MetricsApi;
  readonly logger: Logger;
}

/**
 * An HTTPS server behind the API server's aggregation. It answers the front proxy alone, which is known by its client certificate and has
 * found out who asks and whether they may; anyone else is refused.
 */
export class CustomMetricsServer implements Service {
  readonly name = "custom metrics server";
  readonly #options: CustomMetricsServerOptions;
  readonly #server: Server;
  #proxy: FrontProxy | undefined;

  constructor(options: CustomMetricsServerOptions) {
    this.#options = options;
    this.#server = createServer(this.#tls(), (request, response) => void this.#answer(request, response));
    this.#server.on("tlsClientError", (error) => options.logger.debug({ err: error }, "a TLS handshake failed"));
  }

  /** Where it listens; undefined while it does not. */
  get port(): number | undefined {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : undefined;
  }

  /** Whom to answer from now on; undefined: nobody. */
  trust(proxy: FrontProxy | undefined): void {
    this.#proxy = proxy;
    try {
      this.#server.setSecureContext(this.#tls());
    } catch (error) {
      this.#options.logger.error({ err: error }, "the certificate can't be used; the one before stays");
    }
  }

  async start(): Promise<void> {
    const { host, port, logger } = this.#options;
    this.#server.listen(port, host);
    await once(this.#server, "listening");
    logger.info({ port: this.port }, "custom metrics server listens");
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeIdleConnections();
    await closed;
  }

  #tls(): object {
    const ca = this.#proxy?.ca;
    return {
      ...this.#options.certificate(),
      requestCert: true,
      rejectUnauthorized: false,
      ...(ca === undefined ? {} : { ca }),
    };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { code, body } = await this.#answerTo(request);
    response.writeHead(code, { "Content-Type": "application/json" });
    response.end(JSON.stringify(body));
  }

  async #answerTo(request: IncomingMessage): Promise<Answer> {
    const { api, logger } = this.#options;
    const { method = "GET", url = "/" } = request;
    if (!this.#isFrontProxy(request)) return failure(401, "only the API server of the cluster is answered");
    try {
      return await api({ method, url });
    } catch (error) {
      logger.error({ err: error, url }, "a request for a metric failed");
      return failure(503, "the metric can't be had");
    }
  }

  #isFrontProxy({ socket, headers }: IncomingMessage): boolean {
    const proxy = this.#proxy;
    if (proxy === undefined || !(socket instanceof TLSSocket) || !socket.authorized) return false;
    const { CN: name } = socket.getPeerCertificate().subject;
    const known = proxy.allowedNames.length === 0 || (typeof name === "string" && proxy.allowedNames.includes(name));
    return known && proxy.userHeaders.some((header) => headers[header] !== undefined);
  }
}
