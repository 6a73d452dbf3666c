/*
 * The chat that a tutorial would write: stock Socket.IO with the stock Redis adapter, one room of all and rooms to join, nothing of ours. Run as a process
 * with the Redis URL as its argument; prints its port when it listens. What Weir is compared with.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-adapter";
import { Redis } from "ioredis";
import { Server } from "socket.io";

const url = process.argv[2] ?? "";
const http = createServer();
const io = new Server(http, { adapter: createAdapter(new Redis(url), new Redis(url)) });

io.on("connection", (socket) => {
  void socket.join("room");
  socket.on("message:send", (id: string, answer: () => void) => {
    io.to("room").emit("message", id);
    answer();
  });
  socket.on("room:join", (room: string, answer: () => void) => {
    void socket.join(room);
    answer();
  });
  socket.on("room:send", (room: string, text: string, answer: () => void) => {
    io.to(room).emit("messages", { room, text });
    answer();
  });
});

http.listen(0, "127.0.0.1");
await once(http, "listening");
const address = http.address();
process.stdout.write(`${typeof address === "object" ? address?.port : ""}\n`);
