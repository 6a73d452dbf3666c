import { once } from "node:events";
import { createServer, type Server } from "node:net";

/*
 * Ports for servers that cannot be told to pick one, or have to come back to theirs. They lie below the ports that the kernel gives to others,
 * in blocks. A process owns a block as long as it listens on the block's first port, so that no two processes hand out the same one, and a
 * port stays free while its server is down.
 */

const firstPort = 20_000;
const blockSize = 64;
const blockCount = 180;

interface Block {
  next: number;
  readonly end: number;
}

/** The block of this process. */
let owned: Promise<Block> | undefined;

/** Listens on a port; resolves to undefined where another server does. */
async function listenOn(port: number): Promise<Server | undefined> {
  const server = createServer().unref();
  server.listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
    return server;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") return undefined;
    throw error;
  }
}

/** Takes a block that no process owns, for as long as this process lives. */
async function ownBlock(): Promise<Block> {
  for (let tried = 0; tried < blockCount; tried++) {
    const start = firstPort + ((process.pid + tried) % blockCount) * blockSize;
    if ((await listenOn(start)) !== undefined) return { next: start + 1, end: start + blockSize };
  }
  throw new Error(`all ${blockCount} blocks of ports from ${firstPort} on are taken`);
}

async function isFree(port: number): Promise<boolean> {
  const server = await listenOn(port);
  if (server === undefined) return false;
  server.close();
  await once(server, "close");
  return true;
}

/** Returns a port of the loopback address that only the caller is given. */
export async function freePort(): Promise<number> {
  for (;;) {
    owned ??= ownBlock();
    const mine = owned;
    const block = await mine;
    const port = block.next++;
    if (port < block.end && (await isFree(port))) return port;
    // Others that waited with this call may have taken a further block by now.
    if (port >= block.end && owned === mine) owned = undefined;
  }
}
