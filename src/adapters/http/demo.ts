import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

export interface DemoToken {
  readonly token: string;
  readonly sub: string;
  /** Unix ms. */
  readonly expiresAt: number;
}

export interface DemoOptions {
  /** Folder with the built page. */
  readonly pageDir: string;
  /** Whether only requests that name a loopback host are served, so that no foreign name can be pointed at this server. */
  readonly loopbackOnly: boolean;
  issueToken(user: { readonly sub: string; readonly name: string }): Promise<DemoToken>;
}

const headers = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
} as const;

const query = {
  type: "object",
  required: ["sub", "name"],
  properties: {
    sub: { type: "string", pattern: "^[A-Za-z0-9_-]{1,64}$" },
    name: { type: "string", minLength: 1, maxLength: 64 },
  },
} as const;

/** The chat page at `/`, and `GET /demo/token?sub&name`, which gives anyone a token: for development only. */
export async function serveDemo(app: FastifyInstance, options: DemoOptions): Promise<void> {
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(headers);
    if (options.loopbackOnly && !namesLoopback(request)) await reply.code(403).send({ error: "loopback only" });
  });
  await app.register(fastifyStatic, { root: options.pageDir, cacheControl: false });
  app.get(
    "/demo/token",
    { schema: { querystring: query } },
    async (
      request: FastifyRequest<{ Querystring: { readonly sub: string; readonly name: string } }>,
      reply: FastifyReply,
    ) => reply.header("cache-control", "no-store").send(await options.issueToken(request.query)),
  );
}

function namesLoopback(request: FastifyRequest): boolean {
  return ["localhost", "127.0.0.1", "[::1]"].includes(request.hostname);
}
