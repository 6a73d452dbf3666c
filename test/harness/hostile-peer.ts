import type { GatewayFixture } from "./gateway-fixture.ts";
import { frameClient } from "./raw-client.ts";
import { until } from "./until.ts";

/** A peer that keeps to no protocol, on one transport. */
export interface HostilePeer extends AsyncDisposable {
  /** Sends packets of Engine.IO as they are; of polling in one request. Never rejects. */
  send(packets: readonly string[]): Promise<void>;
  /** Resolves when the gateway has ended the connection. */
  readonly ended: () => Promise<void>;
  /** Resolves when the gateway has let it into `/chat`. */
  readonly welcomed: () => Promise<void>;
}

type Place = Pick<GatewayFixture, "url">;

const separator = "\u001e";
/** What Socket.IO says to a peer that is in. */
const welcome = "40/chat,";
const query = "EIO=4&transport=polling";

/** The session's id in what Engine.IO says first. */
export function sessionIdIn(opened: string): string {
  const [, sid] = /"sid":"([^"]+)"/.exec(opened) ?? [];
  if (sid === undefined) throw new Error(`no session: ${opened}`);
  return sid;
}

/** Opens a session of polling that has no token, and returns its URL. */
export async function openPolling({ url }: Place): Promise<URL> {
  const session = new URL(`${url}/socket.io/?${query}`);
  const opened = await fetch(session);
  session.searchParams.set("sid", sessionIdIn(await opened.text()));
  return session;
}

async function webSocketPeer({ url }: Place): Promise<HostilePeer> {
  const client = await frameClient(url);
  return {
    send: async (packets) => {
      for (const packet of packets) client.ws.send(packet, () => {});
      if (client.ws.bufferedAmount > 0 && client.ws.readyState === client.ws.OPEN)
        await Promise.race([client.closed, until(() => client.ws.bufferedAmount === 0)]);
    },
    ended: async () => void (await client.closed),
    welcomed: async () => void (await until(() => client.frames.some((frame) => frame.startsWith(welcome)))),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

async function pollingPeer(place: Place): Promise<HostilePeer> {
  const session = await openPolling(place);
  const isGone = async (): Promise<boolean> => (await fetch(session, { method: "POST", body: "3" })).status === 400;
  return {
    send: async (packets) => {
      await fetch(session, { method: "POST", body: packets.join(separator) }).catch(() => undefined);
    },
    ended: async () => void (await until(isGone, { every: 50 })),
    welcomed: async () => void (await until(async () => (await (await fetch(session)).text()).includes(welcome))),
    [Symbol.asyncDispose]: async () => {
      await fetch(session, { method: "POST", body: "1" }).catch(() => undefined);
    },
  };
}

/** Opens a peer that is in where it has a token. */
export async function hostilePeer(
  place: Place,
  { transport, token }: { readonly transport: "websocket" | "polling"; readonly token?: string },
): Promise<HostilePeer> {
  const peer = await (transport === "websocket" ? webSocketPeer(place) : pollingPeer(place));
  if (token === undefined) return peer;
  await peer.send([`40/chat,${JSON.stringify({ token })}`]);
  await peer.welcomed();
  return peer;
}
