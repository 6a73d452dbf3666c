import Fastify from "fastify";
import type { Readiness } from "../../lifecycle/health.ts";
import type { Service } from "../../lifecycle/service.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Metrics } from "../../telemetry/metrics.ts";

export interface OpsServerOptions {
  readonly host: string;
  readonly port: number;
  readonly readiness: Readiness;
  readonly metrics: Pick<Metrics, "scrape">;
  readonly logger: Logger;
}

/** `/livez` (the process turns), `/readyz` (it should get traffic) and `/metrics`, on a port of their own. */
export function createOpsServer(options: OpsServerOptions): Service {
  const app = Fastify({ forceCloseConnections: true });
  app.get("/livez", async () => ({ live: true }));
  app.get("/readyz", async (_request, reply) => {
    const health = options.readiness.current();
    return reply.code(health.ready ? 200 : 503).send(health);
  });
  app.get("/metrics", async (_request, reply) => {
    const { text, contentType } = await options.metrics.scrape();
    return reply.header("content-type", contentType).send(text);
  });
  return {
    name: "ops-server",
    start: async () => {
      const address = await app.listen({ host: options.host, port: options.port });
      options.logger.info({ address }, "ops server listens");
    },
    stop: () => app.close(),
  };
}
