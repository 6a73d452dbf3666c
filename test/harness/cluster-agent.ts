import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Static, TSchema } from "typebox";
import { Value } from "typebox/value";
import { type AgentCall, agentCalls, agentPort } from "./cluster-agent-api.ts";
import { askAll, Crowd, describeStore, fetchOnce, talk } from "./cluster-agent-clients.ts";
import { AgentLoad } from "./cluster-agent-load.ts";

/*
 * Runs in the cluster, in a pod of the image under test, where service and pod addresses are reachable whatever the cluster is, and
 * does what a test asks it by HTTP: POST /<call> with the request as JSON.
 */

const secret = process.env["WEIR_TEST_SECRET"] ?? "";
const crowd = new Crowd();
let load: AgentLoad | undefined;

function current(): AgentLoad {
  if (load === undefined) throw new Error("no load");
  return load;
}

type Handler = (body: unknown) => Promise<unknown>;

function handler<S extends TSchema>(schema: S, run: (request: Static<S>) => Promise<unknown>): Handler {
  return (body) => run(Value.Parse(schema, body));
}

const handlers: Readonly<Record<AgentCall, Handler>> = {
  begin: handler(agentCalls.begin.request, async (request) => {
    load?.close();
    load = new AgentLoad(request, secret);
    await load.begin();
    return {};
  }),
  status: async () => current().status(),
  finish: handler(agentCalls.finish.request, ({ mongodbUrl }) => current().finish(mongodbUrl)),
  drop: async () => {
    load?.close();
    return {};
  },
  hold: handler(agentCalls.hold.request, async (request) => {
    await crowd.hold(request, secret);
    return {};
  }),
  talk: handler(agentCalls.talk.request, (request) => talk(request, secret)),
  ask: handler(agentCalls.ask.request, (request) => askAll(request, secret)),
  fetch: handler(agentCalls.fetch.request, fetchOnce),
  store: handler(agentCalls.store.request, describeStore),
};

function isCall(name: string): name is AgentCall {
  return Object.hasOwn(agentCalls, name);
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (chunk instanceof Buffer) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

/** What goes wrong is an answer too: a status would be read by whatever is in between. */
async function answer(request: IncomingMessage): Promise<unknown> {
  const name = (request.url ?? "").slice(1);
  if (!isCall(name)) return {};
  try {
    return { value: await handlers[name](await bodyOf(request)) };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = JSON.stringify(await answer(request));
  // A connection that is kept would be closed by one side while the other takes it for its next request.
  response.writeHead(200, { "content-type": "application/json", connection: "close" });
  response.end(body);
}

const server = createServer((request, response) => void serve(request, response));
server.requestTimeout = 0;
server.listen(agentPort);
