import { io, type Socket } from "socket.io-client";
import type { WeirProcess } from "../test/harness/weir-process.ts";
import { median, type Row } from "./table.ts";
import { benchToken } from "./weir.ts";

const messages = 600;
const reads = 50;

async function connected(url: string): Promise<Socket> {
  const socket = io(`${url}/chat`, {
    path: "/rt",
    transports: ["websocket"],
    auth: { token: await benchToken("reader") },
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("connect_error", reject);
  });
  return socket;
}

async function timed(socket: Socket, query: object): Promise<number> {
  const took: number[] = [];
  for (let i = 0; i < reads; i++) {
    const start = performance.now();
    const answer: unknown = await socket.emitWithAck("history:get", { room: "history", limit: 50, ...query });
    if (typeof answer !== "object" || answer === null || !("ok" in answer) || answer.ok !== true)
      throw new Error(`no page: ${JSON.stringify(answer)}`);
    took.push(performance.now() - start);
  }
  return median(took);
}

/** A page of 50 through a gateway: from the log's tail, and from the store. */
export async function benchHistory(gateway: WeirProcess, flusher: WeirProcess, kind: string): Promise<Row[]> {
  const socket = await connected(gateway.url);
  await socket.emitWithAck("room:join", { room: "history" });
  for (let i = 0; i < messages; i++)
    await socket.emitWithAck("message:send", { room: "history", id: `h${i}`, text: "x".repeat(100) });
  const stored = async (): Promise<boolean> => (await flusher.metric("weir_buffer_entries")) === 0;
  while (!(await stored())) await new Promise((resolve) => setImmediate(resolve));
  const tail = await timed(socket, {});
  const store = await timed(socket, { before: 60 });
  socket.disconnect();
  return [
    { label: "from the log's tail", values: [tail, "1.00x"] },
    { label: `from the store (${kind})`, values: [store, `${(store / tail).toFixed(2)}x`] },
  ];
}
