/*
 * A server as a tutorial would write it: stock Socket.IO that checks a token when a client connects, and answers. Run as a process with the
 * shared secret as its argument; prints its port when it listens. What a storm of handshakes is compared with.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import { jwtVerify } from "jose";
import { Server } from "socket.io";

const key = new TextEncoder().encode(process.argv[2] ?? "");
const http = createServer();
const io = new Server(http);

async function check(token: unknown): Promise<Error | undefined> {
  try {
    await jwtVerify(String(token), key);
    return undefined;
  } catch {
    return new Error("no");
  }
}

io.use((socket, next) => {
  const { auth }: { readonly auth: { readonly token?: unknown } } = socket.handshake;
  const decide = async (): Promise<void> => next(await check(auth.token));
  void decide();
});
io.on("connection", (socket) => {
  socket.on("ping", (_payload: unknown, answer: (value: object) => void) => answer({}));
});

http.listen(0, "127.0.0.1");
await once(http, "listening");
const address = http.address();
process.stdout.write(`${typeof address === "object" ? address?.port : ""}\n`);
