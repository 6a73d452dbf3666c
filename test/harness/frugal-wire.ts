import { connect } from "node:net";
import type { Refusal, Wire } from "../../src/client/wire.ts";

export interface FrugalTarget {
  readonly port: number;
  /** Path and query of the Engine.IO server. */
  readonly path: string;
  /** Empty, or a namespace such as `/chat`. */
  readonly namespace: string;
  readonly token: string;
  /** Goes with the token. */
  readonly extra?: Readonly<Record<string, unknown>>;
  /** A line of the handshake's head, with its end. */
  readonly header?: string;
}

export interface FrugalListener {
  opened(): void;
  refused(refusal: Refusal): void;
  closed(): void;
}

/**
 * Just enough of WebSocket and Socket.IO to come in and stay in, at a fraction of a real client's CPU: one process can be a storm that a
 * server does not outrun. Of a refused WebSocket it tells as little as a browser does.
 */
export function dialFrugally(
  { port, path, namespace, token, extra = {}, header = "" }: FrugalTarget,
  listener: FrugalListener,
): Wire {
  const socket = connect(port, "127.0.0.1");
  const prefix = namespace === "" ? "" : `${namespace},`;
  let heard = "";
  let stage: "dialing" | "open" | "in" | "over" = "dialing";
  const over = (tell: () => void): void => {
    if (stage === "over") return;
    stage = "over";
    socket.destroy();
    tell();
  };
  const enter = (): void => {
    stage = "in";
    heard = "";
    listener.opened();
  };
  socket.on("connect", () => void socket.write(upgradeTo(path, header)));
  socket.on("data", (chunk: Buffer) => {
    heard += chunk.toString("latin1");
    if (stage === "dialing" && heard.includes('0{"sid"')) {
      stage = "open";
      heard = "";
      socket.write(frame(`40${prefix}${JSON.stringify({ token, ...extra })}`));
    } else if (stage === "open" && heard.includes(`40${prefix}{`)) enter();
    else if (stage === "open" && heard.includes(`44${prefix}{`)) over(() => listener.refused({ message: "refused" }));
    else if (stage === "in" && heard.endsWith("\u00012")) socket.write(frame("3"));
  });
  socket.on("error", () => undefined);
  socket.on("close", () => {
    const wasIn = stage === "in";
    over(() => (wasIn ? listener.closed() : listener.refused({ message: "websocket error" })));
  });
  return { emit: () => undefined, close: () => over(() => undefined) };
}

function upgradeTo(path: string, header: string): string {
  const url = `${path}${path.includes("?") ? "&" : "?"}EIO=4&transport=websocket`;
  const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13";
  return `GET ${url} HTTP/1.1\r\nHost: 127.0.0.1\r\n${upgrade}\r\n${header}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;
}

/** A text frame, masked with zeros, as clients have to. */
function frame(text: string): Buffer {
  const { length } = text;
  const size = length < 126 ? [0x80 | length] : [0x80 | 126, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([0x81, ...size, 0, 0, 0, 0]), Buffer.from(text, "latin1")]);
}
