import type { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { Server as EngineServer, type Socket as EngineSocket, type ServerOptions, type Transport } from "engine.io";
import type { Clock } from "../../kernel/clock.ts";
import { countPackets } from "./count-packets.ts";
import { InboundMeter, type InboundRates } from "./inbound-meter.ts";

/** What a connection did for which it is cut off or refused. */
export interface InboundFaults {
  /** It sent more than its rates allow. */
  readonly flooded: (conn: EngineSocket) => void;
  /** Its request to connect carries more than a token needs. */
  readonly oversized: (conn: EngineSocket) => void;
}

export interface CountedEngineOptions extends ServerOptions {
  readonly inbound: InboundRates;
  /** Characters of a request to connect to a namespace, with its payload. */
  readonly connectLength: number;
  readonly clock: Clock;
}

type TransportName = Parameters<EngineServer["upgrades"]>[0];

type EngineRequest = IncomingMessage & {
  readonly _query?: Readonly<Record<string, string>>;
  readonly websocket?: EventEmitter;
};

/**
 * An Engine.IO server that counts each packet before anything parses it: of a peer that is in or not, on every transport, of every
 * namespace. A connection that sends too much is handed to `flooded`, and nothing of it is handled any more.
 */
export class CountedEngine extends EngineServer {
  readonly #options: CountedEngineOptions;
  readonly #meters = new WeakMap<Transport, InboundMeter>();
  #faults: InboundFaults | undefined;

  constructor(options: CountedEngineOptions) {
    super(options);
    this.#options = options;
  }

  /** Says what is done with those that send too much. Called before the first connection. */
  onFault(faults: InboundFaults): void {
    this.#faults = faults;
  }

  override handleRequest(request: IncomingMessage, response: ServerResponse): void {
    const conn = this.#connOf(request);
    if (conn === undefined || this.#meterOf(conn).take(1, 0)) return super.handleRequest(request, response);
    response.writeHead(429).end();
    this.#faults?.flooded(conn);
  }

  override handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const conn = this.#connOf(request);
    if (conn === undefined || this.#meterOf(conn).takeStep()) return super.handleUpgrade(request, socket, head);
    socket.destroy();
    this.#faults?.flooded(conn);
  }

  /** A transport that counts. That of an upgrade goes on with the count of its connection. */
  protected override createTransport(name: TransportName, request: IncomingMessage): Transport {
    const transport = super.createTransport(name, request);
    const conn = this.#connOf(request);
    const meter = conn === undefined ? this.#newMeter() : this.#meterOf(conn);
    this.#meters.set(transport, meter);
    const connOf = (): EngineSocket | undefined => conn ?? this.clients[transport.sid];
    const { connectLength } = this.#options;
    countPackets({
      transport,
      meter,
      connectLength,
      flooded: () => this.#tell("flooded", connOf()),
      oversized: () => this.#tell("oversized", connOf()),
    });
    const { websocket }: EngineRequest = request;
    for (const frame of ["ping", "pong"])
      websocket?.on(frame, (data: Buffer) => meter.take(1, data.length) || this.#tell("flooded", connOf()));
    return transport;
  }

  #tell(fault: keyof InboundFaults, conn: EngineSocket | undefined): void {
    if (conn !== undefined) this.#faults?.[fault](conn);
  }

  #connOf({ _query: query }: EngineRequest): EngineSocket | undefined {
    const sid = query?.["sid"];
    return sid !== undefined && Object.hasOwn(this.clients, sid) ? this.clients[sid] : undefined;
  }

  #meterOf({ transport }: EngineSocket): InboundMeter {
    const meter = this.#meters.get(transport) ?? this.#newMeter();
    this.#meters.set(transport, meter);
    return meter;
  }

  #newMeter(): InboundMeter {
    return new InboundMeter(this.#options.inbound, this.#options.clock);
  }
}
