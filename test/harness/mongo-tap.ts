import { once } from "node:events";
import { connect, createServer } from "node:net";
import { portOf } from "./port-of.ts";

/** A proxy before a server of MongoDB's protocol, which notes what is asked of it. */
export interface MongoTap extends AsyncDisposable {
  /** The server's connection string, through the proxy. */
  readonly url: string;
  /** Names of the commands so far, such as `find`. */
  readonly commands: ReadonlySet<string>;
}

/** Starts one on a free port. @param url of one server, with its port */
export async function tapMongo(url: string): Promise<MongoTap> {
  const through = new URL(url);
  const target = { host: through.hostname, port: Number(through.port) };
  const commands = new Set<string>();
  const server = createServer((client) => {
    const upstream = connect(target);
    const note = commandReader((command) => commands.add(command));
    client.on("data", note);
    client.pipe(upstream).pipe(client);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      socket.on("error", () => other.destroy());
      socket.on("close", () => other.destroy());
    }
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  through.port = String(portOf(server));
  return {
    url: through.href,
    commands,
    [Symbol.asyncDispose]: async () => void (await once(server.close(), "close")),
  };
}

/** Length, request, response and kind of a message, four bytes each. */
const headerBytes = 16;
const opMsg = 2013;

/** Takes the bytes of one connection as they come, and tells the command of each OP_MSG in them; other messages are handshakes. */
function commandReader(told: (command: string) => void): (chunk: Buffer) => void {
  let waiting = Buffer.alloc(0);
  return (chunk) => {
    waiting = Buffer.concat([waiting, chunk]);
    while (waiting.length >= headerBytes && waiting.length >= waiting.readInt32LE(0)) {
      const message = waiting.subarray(0, waiting.readInt32LE(0));
      if (message.readInt32LE(12) === opMsg) told(commandOf(message));
      waiting = waiting.subarray(message.length);
    }
  };
}

/** The first key of the first document: behind the header come flags, the section's kind, the document's length and the value's type. */
function commandOf(message: Buffer): string {
  const start = headerBytes + 4 + 1 + 4 + 1;
  return message.toString("latin1", start, message.indexOf(0, start));
}
