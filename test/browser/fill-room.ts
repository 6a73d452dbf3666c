import { connect } from "../../src/client/index.ts";

async function tokenFor(url: string, sub: string): Promise<string> {
  const response = await fetch(`${url}/demo/token?${new URLSearchParams({ name: `Writer ${sub}`, sub })}`);
  const body: unknown = await response.json();
  if (typeof body === "object" && body !== null && "token" in body && typeof body.token === "string") return body.token;
  throw new Error(`no token from ${url}`);
}

/** Writes `count` messages, "line 1" and so on, into a room: one after the other, by as many people as the rate limit asks for. */
export async function fillRoom(url: string, name: string, count: number): Promise<void> {
  const clients = Array.from({ length: Math.ceil(count / 15) }, (_, i) =>
    connect({ url, token: () => tokenFor(url, `writer${i}`) }),
  );
  const rooms = clients.map((client) => client.join(name));
  for (let line = 1; line <= count; line++) await rooms[line % rooms.length]?.send(`line ${line}`);
  for (const client of clients) client.close();
}
