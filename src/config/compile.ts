import { maskUrl, maskUrls } from "../kernel/mask-urls.ts";
import {
  environmentName,
  type RawSettings,
  type Setting,
  type SettingName,
  type Settings,
  settingCatalogue,
} from "./setting-catalogue.ts";

/** The configuration is wrong; the message is one line for a person, with URLs masked. The process exits with 2. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";

  constructor(message: string, options?: ErrorOptions) {
    super(maskUrls(message), options);
  }
}

export type RoleName = "all-in-one" | "gateway" | "flusher" | "controller" | "tool";

/** On a developer's machine other ports serve the page, and compilers keep the process waiting for its CPU. */
const developmentDefaults: RawSettings = {
  host: "127.0.0.1",
  allowedOrigins: "http://localhost:*,https://localhost:*,http://127.0.0.1:*,http://[::1]:*",
  shedLoopDelay: "500ms",
  defaultGrant: '{"**":["read","write"]}',
  drainWindow: "1s",
  canaryEvery: "0",
};
const requiredBy: Readonly<Record<RoleName, readonly SettingName[]>> = {
  "all-in-one": [],
  gateway: ["redisUrl", "mongodbUrl"],
  flusher: ["redisUrl", "mongodbUrl"],
  controller: ["redisUrl", "mongodbUrl"],
  tool: [],
};

const catalogue: Readonly<Record<string, Setting<unknown>>> = settingCatalogue;

/** What people wrote → what the program uses. Throws a ConfigError for the first thing that is wrong. */
export function compileSettings(raw: RawSettings, role: RoleName): Settings {
  const defaults = role === "all-in-one" ? developmentDefaults : {};
  const compiled = Object.entries(catalogue).map(([name, setting]) => [
    name,
    parseOne(name, setting, raw[name] ?? defaults[name]),
  ]);
  const settings: unknown = Object.freeze(Object.fromEntries(compiled));
  if (!isComplete(settings)) throw new ConfigError("the settings are incomplete");
  checkTogether(settings, role);
  return settings;
}

function parseOne(name: string, setting: Setting<unknown>, given: string | undefined): unknown {
  const text = given ?? setting.fallback;
  if (text === undefined) return undefined;
  const value = setting.kind.parse(text);
  if (value !== undefined) return value;
  const safe = maskUrl(text);
  const fault = setting.kind.fault?.(safe);
  if (fault !== undefined) throw settingFault(name, fault);
  const shown = setting.secret === true ? "(secret)" : JSON.stringify(safe);
  throw new ConfigError(`${environmentName(name)}: ${shown} is not valid; allowed: ${setting.kind.allowed}`);
}

/** The refusal of a setting for a fault that says enough, without its value: that may be a key. */
export function settingFault(name: string, fault: string): ConfigError {
  return new ConfigError(`${environmentName(name)} is not valid: ${fault}; allowed: ${catalogue[name]?.kind.allowed}`);
}

function isComplete(settings: unknown): settings is Settings {
  return typeof settings === "object" && settings !== null && Object.keys(catalogue).every((name) => name in settings);
}

function checkTogether(settings: Settings, role: RoleName): void {
  for (const name of requiredBy[role]) {
    if (settings[name] === undefined) {
      throw new ConfigError(
        `${environmentName(name)} is not set; weir ${role} needs it; allowed: ${catalogue[name]?.kind.allowed}`,
      );
    }
  }
  if (role === "all-in-one" && settings.workers > 1) {
    throw new ConfigError("WEIR_WORKERS: all-in-one is one process; allowed: 1, or run weir gateway");
  }
  const hasKey = [settings.jwtSecret, settings.jwtPublicKey, settings.jwksUrl].some((key) => key !== undefined);
  if (role === "gateway" && !hasKey) {
    throw new ConfigError("no key to check tokens with; set WEIR_JWT_SECRET, WEIR_JWT_PUBLIC_KEY or WEIR_JWKS_URL");
  }
  checkCertificate(settings);
  const both = (settings.redisUrl === undefined) === (settings.mongodbUrl === undefined);
  if (role === "all-in-one" && !both) {
    throw new ConfigError(
      "WEIR_REDIS_URL and WEIR_MONGODB_URL go together; set both, or neither for the embedded stores",
    );
  }
}

function checkCertificate({ customMetricsTlsCert: cert, customMetricsTlsKey: key }: Settings): void {
  if ((cert === undefined) === (key === undefined)) return;
  throw new ConfigError(
    "WEIR_CUSTOM_METRICS_TLS_CERT and WEIR_CUSTOM_METRICS_TLS_KEY go together; set both or neither",
  );
}

/** Whether a value of a setting is a secret, or has one in a URL. */
export function isSecretValue(name: string, value: string): boolean {
  return catalogue[name]?.secret === true || maskText(value) !== value;
}

/** The compiled settings as people may see them: by environment name, secrets and what is secret in URLs masked. */
export function describeSettings(settings: Settings): Record<string, unknown> {
  const shown = (name: string, value: unknown): unknown =>
    catalogue[name]?.secret === true && value !== undefined ? hidden : masked(value ?? null);
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [environmentName(name), shown(name, value)]),
  );
}

const hidden = "(set, hidden)";

/** A copy of a value of JSON. Texts within it are no URLs as a whole: a pattern of rooms may be `team:ada@home`. */
function masked(value: unknown): unknown {
  if (typeof value === "string") return maskText(value);
  const copy: unknown = JSON.parse(JSON.stringify(value), (_key, item: unknown) =>
    typeof item === "string" ? maskUrls(item) : item,
  );
  return copy;
}

function maskText(text: string): string {
  return text.includes("PRIVATE KEY") ? hidden : maskUrl(text);
}
