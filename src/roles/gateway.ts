import cluster from "node:cluster";
import { type AppServer, createAppServer, type Listening } from "../adapters/http/app-server.ts";
import type { DemoOptions } from "../adapters/http/demo.ts";
import type { InboundRates } from "../adapters/socketio/inbound-meter.ts";
import { createSocketServer, type SocketServerOptions } from "../adapters/socketio/socket-server.ts";
import { compileSettings, type RawSettings, type Settings } from "../config/index.ts";
import { createGateway, type Gateway } from "../gateway/gateway.ts";
import type { GatewayLimits } from "../gateway/gateway-limits.ts";
import { LoadShedding } from "../gateway/load-shedding.ts";
import { Shedder } from "../gateway/shedder.ts";
import type { QueueLimits } from "../gateway/slow-consumer.ts";
import type { Service } from "../lifecycle/service.ts";
import { recentLoopDelay } from "../telemetry/recent-loop-delay.ts";
import { type Backends, createBackends } from "./backends.ts";
import { composeCanary } from "./canary.ts";
import { tellMissingCaps } from "./missing-caps.ts";
import { optional } from "./optional.ts";
import { measureProcess, rulesOf } from "./process-load.ts";
import { type Compose, runRole } from "./run-role.ts";
import type { Runtime } from "./runtime.ts";
import { tokenVerifier, warnOfKeys } from "./token-verifier.ts";
import { primaryLink } from "./workers-link.ts";

/** `weir gateway`: holds the connections of clients. */
export async function runGateway(raw: RawSettings): Promise<void> {
  if (cluster.isPrimary && compileSettings(raw, "gateway").workers > 1) {
    const { runWorkers } = await import("./workers.ts");
    return runWorkers(raw);
  }
  const compose: Compose = async (runtime) => {
    const backends = createBackends(runtime);
    const { services } = await composeGateway(runtime, backends, { behindPrimary: cluster.isWorker });
    warnOfKeys(runtime);
    tellMissingCaps(runtime);
    return [...backends.services, ...services];
  };
  await runRole("gateway", raw, compose, cluster.isWorker ? primaryLink : undefined);
}

type AdmissionSettings = Pick<
  SocketServerOptions,
  "admission" | "connectionsPerAddress" | "connectionsPerUser" | "trustedProxies" | "forwardedHeader"
>;

export interface ComposedGateway {
  readonly appServer: AppServer;
  /** In the order in which they start. */
  readonly services: readonly Service[];
}

/** What is special about where a gateway runs. */
export interface GatewayPlace {
  readonly demo?: DemoOptions | undefined;
  /** It is a worker, and its primary listens. */
  readonly behindPrimary?: boolean;
}

/** A gateway over log and store: it listens last and stops listening first. */
export async function composeGateway(
  runtime: Runtime,
  backends: Backends,
  { demo, behindPrimary = false }: GatewayPlace = {},
): Promise<ComposedGateway> {
  const { settings, logger } = runtime;
  const listen = listening(settings, behindPrimary);
  const appServer = await createAppServer({ listen, logger, ...optional({ demo }) });
  const canary = composeCanary(runtime, () => appServer.url());
  const load = new LoadShedding({
    ...runtime,
    measure: measureProcess(runtime),
    rules: rulesOf(settings.shedLoopDelay),
  });
  const sockets = createSocketServer({
    ...runtime,
    httpServer: appServer.httpServer,
    queue: queueOf(settings),
    inbound: inboundOf(settings),
    behindPrimary,
    transports: settings.transports,
    allowedOrigins: settings.allowedOrigins ?? [],
    ...admissionOf(settings),
    load: () => load.current,
    ...optional({ cluster: backends.cluster?.(), affinityCookie: settings.affinityCookie }),
  });
  const gateway = createGateway({
    ...runtime,
    ...backends,
    verifier: canary.guard(tokenVerifier(runtime)),
    broadcaster: sockets.broadcaster,
    drainWindowMs: settings.drainWindow,
    limits: limitsOf(settings),
    load: () => load.current,
    loopDelayMs: recentLoopDelay(runtime.clock),
    ...optional({ durability: settings.durability, sharedRates: backends.rates?.() }),
  });
  sockets.serve(gateway);
  load.whenCritical(() => sockets.closeSlowest());
  const shares = sharing(runtime, backends, { gateway, load });
  return { appServer, services: [load, sockets, gateway, ...shares, appServer, ...canary.services] };
}

/** A worker's clients come through its primary; its canary has to come to this worker and no other, so it has a door of its own. */
function listening({ host, port, canaryEvery }: Settings, behindPrimary: boolean): Listening | undefined {
  if (!behindPrimary) return { host, port };
  return canaryEvery === 0 ? undefined : { host: "127.0.0.1", port: 0, exclusive: true };
}

/** Lets go of clients while this gateway holds more than its share; nothing where there are no others. */
function sharing(
  runtime: Runtime,
  { fleet, policing }: Backends,
  { gateway, load }: { readonly gateway: Gateway; readonly load: LoadShedding },
): readonly Service[] {
  if (fleet === undefined) return [];
  const mayShed = (): boolean => runtime.readiness.current().ready && load.current.newcomers === undefined;
  const policies = (): number => policing.policies.revision;
  return [new Shedder({ ...runtime, id: runtime.identity, fleet, gateway, policies, mayShed })];
}

function admissionOf(settings: Settings): AdmissionSettings {
  return {
    admission: { ratePerSecond: settings.admissionRate, burst: settings.admissionBurst },
    connectionsPerAddress: settings.connectionsPerIp,
    connectionsPerUser: settings.connectionsPerUser,
    trustedProxies: settings.trustedProxies ?? [],
    forwardedHeader: settings.forwardedHeader,
  };
}

function inboundOf({ ratePackets, rateBytes }: Settings): InboundRates {
  return { packetsPerSecond: ratePackets, bytesPerSecond: rateBytes };
}

function queueOf({ queueMaxBytes, queueMaxMessages, queueMaxAge }: Settings): Partial<QueueLimits> {
  return { maxBytes: queueMaxBytes, maxMessages: queueMaxMessages, maxAgeMs: queueMaxAge };
}

function limitsOf(settings: Settings): Partial<GatewayLimits> {
  return {
    userRate: { ratePerSecond: settings.rateUser, burst: settings.rateUserBurst },
    roomRate: { ratePerSecond: settings.rateRoom, burst: 2 * settings.rateRoom },
    historyRate: { ratePerSecond: settings.rateHistory, burst: 4 * settings.rateHistory },
    joinRate: { ratePerSecond: settings.rateJoin, burst: 4 * settings.rateJoin },
    leaveRate: { ratePerSecond: settings.rateJoin, burst: 2 * settings.roomsPerSocket },
    roomsPerConnection: settings.roomsPerSocket,
    textBytes: settings.textMaxBytes,
    retentionMs: settings.retention,
  };
}
