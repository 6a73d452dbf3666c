import { randomUUID } from "node:crypto";
import { MongoClient } from "mongodb";
import { io, type Socket } from "socket.io-client";
import type { AgentAnswer, AgentRequest } from "./cluster-agent-api.ts";
import { isEntries, isObject } from "./load-wire.ts";
import { signTestToken } from "./sign-token.ts";
import { until } from "./until.ts";

type ClientOptions = AgentRequest<"ask">["client"];

/** A stock client with the memory for cookies that browsers have; on `/socket.io` it only polls. */
function stockClient({ url, path, user }: ClientOptions, secret: string): Socket {
  return io(`${url}/chat`, {
    path,
    transports: [path === "/rt" ? "websocket" : "polling"],
    withCredentials: true,
    auth: { token: signTestToken(secret, { sub: user, rooms: [{ room: "**", can: ["read", "write"] }] }) },
    forceNew: true,
  });
}

async function ask(socket: Socket, event: string, payload: object): Promise<unknown> {
  return socket.timeout(10_000).emitWithAck(event, payload);
}

async function entered(socket: Socket, room: string): Promise<void> {
  await until(() => socket.connected, { within: 20_000 });
  const answer = await ask(socket, "room:join", { room });
  if (!isObject(answer) || answer["ok"] !== true) throw new Error(`no join: ${JSON.stringify(answer)}`);
}

export async function talk(
  { from, to, room, texts }: AgentRequest<"talk">,
  secret: string,
): Promise<AgentAnswer<"talk">> {
  const [speaker, listener] = [stockClient(from, secret), stockClient(to, secret)];
  const heard: string[] = [];
  listener.on("messages", (push: unknown) => {
    if (isObject(push) && isEntries(push["entries"])) heard.push(...push["entries"].map(({ text }) => text ?? ""));
  });
  try {
    await Promise.all([entered(speaker, room), entered(listener, room)]);
    for (const text of texts) await ask(speaker, "message:send", { room, id: randomUUID(), text });
    await until(() => heard.length >= texts.length, { within: 20_000 });
    return { heard, transports: [speaker, listener].map((socket) => socket.io.engine.transport.name) };
  } finally {
    speaker.disconnect();
    listener.disconnect();
  }
}

export async function askAll({ client, requests }: AgentRequest<"ask">, secret: string): Promise<AgentAnswer<"ask">> {
  const socket = stockClient(client, secret);
  try {
    await until(() => socket.connected, { within: 20_000 });
    const answers: unknown[] = [];
    for (const { event, payload } of requests) answers.push(await ask(socket, event, payload));
    return { answers };
  } finally {
    socket.disconnect();
  }
}

/** Silent connections, which come back by themselves. */
export class Crowd {
  readonly #sockets: Socket[] = [];

  async hold({ url, count }: AgentRequest<"hold">, secret: string): Promise<void> {
    for (const socket of this.#sockets.splice(count)) socket.disconnect();
    while (this.#sockets.length < count)
      this.#sockets.push(stockClient({ url, path: "/rt", user: `silent-${this.#sockets.length}` }, secret));
    await until(() => this.#sockets.every((socket) => socket.connected), { within: 60_000, every: 20 });
  }
}

export async function fetchOnce({ url }: AgentRequest<"fetch">): Promise<AgentAnswer<"fetch">> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  return { status: answer.status, setCookie: answer.headers.getSetCookie(), body: await answer.text() };
}

/** A server that is no MongoDB names itself in what it says about its build. */
export async function describeStore({ mongodbUrl }: AgentRequest<"store">): Promise<AgentAnswer<"store">> {
  const client = new MongoClient(mongodbUrl);
  try {
    const facts = await client.db().command({ buildInfo: 1 });
    return { version: String(facts["version"]), isStandIn: "ferretdb" in facts || "ferretdbVersion" in facts };
  } finally {
    await client.close();
  }
}
