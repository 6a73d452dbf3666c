import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { DemoOptions } from "../adapters/http/demo.ts";
import { ConfigError, type RawSettings, type Settings } from "../config/index.ts";
import { systemClock } from "../kernel/clock.ts";
import { createBackends } from "./backends.ts";
import { developmentSecret } from "./development-secret.ts";
import { composeFlusher } from "./flusher.ts";
import { composeGateway } from "./gateway.ts";
import { runRole } from "./run-role.ts";
import type { Runtime } from "./runtime.ts";
import { tokenSigner } from "./token-signer.ts";
import { warnOfKeys } from "./token-verifier.ts";

const demoTokenMs = 3_600_000;
const pageDir = fileURLToPath(new URL("../../dist/page", import.meta.url));

/** `weir all-in-one`: gateway and flusher in one process, and a page to try them with. */
export async function runAllInOne(raw: RawSettings): Promise<void> {
  const opened: { url?: () => string; demo?: boolean } = {};
  await runRole("all-in-one", raw, async (given) => {
    const secret = given.settings.jwtSecret ?? developmentSecret(given.settings.dataDir);
    const runtime = { ...given, settings: { ...given.settings, jwtSecret: secret } };
    const backends = createBackends(runtime);
    const demo = demoOf(runtime.settings);
    const { appServer, services } = await composeGateway(runtime, backends, { demo });
    sayWhoMayConnect(given, raw);
    Object.assign(opened, { url: () => appServer.url(), demo: demo !== undefined });
    return [...backends.services, backends.leadership(composeFlusher(runtime, backends)), ...services];
  });
  process.stdout.write(welcome(opened.url?.() ?? "", opened.demo === true));
}

/** Logged after everything is composed, so that a wrong setting stays the only line. */
function sayWhoMayConnect(runtime: Runtime, { allowedOrigins: chosen }: RawSettings): void {
  warnOfKeys(runtime);
  const { allowedOrigins } = runtime.settings;
  if (chosen === undefined)
    runtime.logger.info(
      { allowedOrigins },
      "pages of every port of this machine may connect; set WEIR_ALLOWED_ORIGINS to choose",
    );
}

function welcome(url: string, demo: boolean): string {
  const page = demo ? `open ${url.replace("127.0.0.1", "localhost")} in two windows` : `clients connect to ${url}/chat`;
  return `\n  Weir is running: ${page}\n  A token for your own client: npx weir token --sub ada\n\n`;
}

function demoOf(settings: Settings): DemoOptions | undefined {
  const onLoopback = ["127.0.0.1", "::1", "localhost"].includes(settings.host);
  if (settings.demo === "off" || (settings.demo === "loopback" && !onLoopback)) return undefined;
  if (!existsSync(pageDir))
    throw new ConfigError("the demo page is not built: run `npm run build`, or set WEIR_DEMO=off");
  const sign = tokenSigner(settings);
  return {
    pageDir,
    loopbackOnly: settings.demo === "loopback",
    issueToken: async ({ sub, name }) => ({
      token: await sign({ sub, name, expiresInMs: demoTokenMs }),
      sub,
      expiresAt: systemClock.now() + demoTokenMs,
    }),
  };
}
