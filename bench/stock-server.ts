import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-adapter";
import { Redis } from "ioredis";
import { Server } from "socket.io";

/** Stock Socket.IO with its Redis adapter: a room, a broadcast, an acknowledgement. It stores nothing and promises no order. */
const [port = "0", redisUrl = ""] = process.argv.slice(2);
const publisher = new Redis(redisUrl);
const http = createServer();
const io = new Server(http, { adapter: createAdapter(publisher, publisher.duplicate()), transports: ["websocket"] });

io.on("connection", (socket) => {
  socket.on("join", (room: string, done: () => void) => {
    void socket.join(room);
    done();
  });
  socket.on("send", (message: { readonly room: string }, done: () => void) => {
    io.to(message.room).emit("message", message);
    done();
  });
});
http.listen(Number(port), "127.0.0.1", () => process.stdout.write("listening\n"));
