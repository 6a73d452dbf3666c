import { Redis } from "ioredis";
import { WebSocket, WebSocketServer } from "ws";

/** Raw ws and Redis pub/sub: everyone is in the one room, a text is published and written to each socket as it is. */
const [port = "0", redisUrl = ""] = process.argv.slice(2);
const publisher = new Redis(redisUrl);
const subscriber = publisher.duplicate();
const server = new WebSocketServer({ port: Number(port), host: "127.0.0.1", perMessageDeflate: false });

await subscriber.subscribe("room");
subscriber.on("message", (_channel: string, text: string) => {
  const frame = Buffer.from(text);
  for (const client of server.clients) {
    if (client.readyState === WebSocket.OPEN) client.send(frame, { binary: false });
  }
});
server.on("connection", (socket) => {
  socket.send("0");
  socket.on("message", (data) => {
    const text = Buffer.isBuffer(data) ? data.toString() : "";
    if (text.startsWith("{")) void publisher.publish("room", text);
    else socket.send(text);
  });
});
process.stdout.write("listening\n");
