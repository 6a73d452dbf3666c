import type { Settings } from "../config/index.ts";
import type { Logger } from "../telemetry/logger.ts";

export interface CapsToTell {
  readonly settings: Pick<Settings, "connectionsPerIp" | "connectionsPerUser" | "ratePackets" | "rateBytes">;
  readonly logger: Pick<Logger, "info">;
}

/** Says at the start which of the caps that protect a gateway from its clients are off. */
export function tellMissingCaps({ settings, logger }: CapsToTell): void {
  const caps = {
    WEIR_CONNECTIONS_PER_IP: settings.connectionsPerIp,
    WEIR_CONNECTIONS_PER_USER: settings.connectionsPerUser,
    WEIR_RATE_PACKETS: settings.ratePackets,
    WEIR_RATE_BYTES: settings.rateBytes,
  };
  const off = Object.entries(caps).flatMap(([name, cap]) => (cap === 0 ? [name] : []));
  if (off.length > 0) logger.info({ off }, "caps are off: nothing limits what these settings count");
}
