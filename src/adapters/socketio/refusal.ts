import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { errorCatalogue, toWireError } from "../../protocol/errors.ts";

interface HttpRefusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type ExtraHeaders = Readonly<Record<string, string>>;

function httpRefusal(error: unknown, extra: ExtraHeaders): HttpRefusal {
  const wire = toWireError(error);
  const body = JSON.stringify({ error: wire });
  const headers = {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    connection: "close",
    ...extra,
    ...(wire.retryAfterMs === undefined ? {} : { "retry-after": String(Math.ceil(wire.retryAfterMs / 1_000)) }),
  };
  return { status: errorCatalogue[wire.code].status, headers, body };
}

/** Answers an upgrade request with an HTTP error and ends the connection. */
export function refuseUpgrade(socket: Duplex, error: unknown, extra: ExtraHeaders): void {
  const { status, headers, body } = httpRefusal(error, extra);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`, ...lines].join("\r\n");
  socket.end(`${head}\r\n\r\n${body}`, () => socket.destroy());
}

/** Answers a polling request with an HTTP error. */
export function refuseRequest(response: ServerResponse, error: unknown, extra: ExtraHeaders): void {
  const { status, headers, body } = httpRefusal(error, extra);
  response.writeHead(status, headers).end(body);
}
