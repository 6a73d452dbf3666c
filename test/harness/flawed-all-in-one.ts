/*
 * An all-in-one with a bug planted in it, to see whether a load test finds what it does. Started like `bin/weir.js all-in-one`; FLAW says
 * which bug. It is the real role on the real embedded stores, with one port replaced by a wrong one.
 */
import { createAppServer } from "../../src/adapters/http/app-server.ts";
import { createTokenVerifier } from "../../src/adapters/jose/token-verifier.ts";
import { createSocketServer } from "../../src/adapters/socketio/socket-server.ts";
import { loadEnvironment } from "../../src/config/index.ts";
import { createGateway } from "../../src/gateway/gateway.ts";
import { createBackends } from "../../src/roles/backends.ts";
import { composeFlusher } from "../../src/roles/flusher.ts";
import { runRole } from "../../src/roles/run-role.ts";
import { type OutletFlaw, spoilOutlet, spoilStore } from "./outlet-flaws.ts";

const flaws: readonly OutletFlaw[] = ["none", "drop", "repeat", "swap", "forget"];
const flaw = flaws.find((known) => known === process.env["FLAW"]);

await runRole("all-in-one", loadEnvironment(), async (runtime) => {
  if (flaw === undefined) throw new Error(`no flaw ${process.env["FLAW"]}`);
  const { settings } = runtime;
  const given = createBackends(runtime);
  const backends = { ...given, store: spoilStore(given.store, flaw) };
  const appServer = await createAppServer({ ...runtime, listen: { host: settings.host, port: settings.port } });
  const sockets = createSocketServer({
    ...runtime,
    httpServer: appServer.httpServer,
    transports: settings.transports,
    allowedOrigins: [],
    admission: { ratePerSecond: settings.admissionRate, burst: settings.admissionBurst },
  });
  const gateway = createGateway({
    ...runtime,
    ...backends,
    verifier: createTokenVerifier({
      keys: { secrets: settings.jwtSecret === undefined ? [] : [settings.jwtSecret] },
      defaultGrants: settings.defaultGrant,
      clock: runtime.clock,
    }),
    broadcaster: spoilOutlet(sockets.broadcaster, flaw),
    drainWindowMs: settings.drainWindow,
  });
  sockets.serve(gateway);
  const flusher = backends.leadership(composeFlusher(runtime, backends));
  return [...backends.services, flusher, sockets, gateway, appServer];
});
