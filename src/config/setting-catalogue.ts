import { textBytesMax } from "../chat/text-limit.ts";
import { controllerSettings } from "./controller-settings.ts";
import { anyText, choice, duration, grants, integer, type Kind, list, network, size, url } from "./kinds.ts";
import { policies } from "./policies-kind.ts";
import { origins, redisUrl, tokenType, webUrl } from "./web-kinds.ts";

/** One setting. docs/configuration.md is generated from this list. */
export interface Setting<T> {
  readonly kind: Kind<T>;
  /** As one would write it; absent where there is none. */
  readonly fallback?: string;
  /** Never printed. */
  readonly secret?: true;
  readonly meaning: string;
}

const port = integer(0, 65_535);
const secret = { ...anyText(), allowed: "text of at least 32 bytes" };

/** By property name; `redisUrl` is `WEIR_REDIS_URL` in the environment and `--redis-url` on the command line. */
export const settingCatalogue = {
  host: {
    kind: anyText(),
    fallback: "0.0.0.0",
    meaning: "Address that clients connect to. In all-in-one: `127.0.0.1`.",
  },
  port: { kind: port, fallback: "3000", meaning: "Port of Socket.IO and the demo page; 0 takes a free one." },
  opsPort: { kind: port, fallback: "3001", meaning: "Port of `/livez`, `/readyz` and `/metrics`; 0 takes a free one." },
  redisUrl: {
    kind: redisUrl(),
    secret: true,
    meaning: "The log. Required by gateway and flusher; all-in-one embeds one without it.",
  },
  mongodbUrl: {
    kind: { ...url("mongodb", "mongodb+srv"), allowed: "mongodb://host/database or mongodb+srv://host/database" },
    secret: true,
    meaning:
      "The store, with the database in its path. Required by gateway and flusher; all-in-one embeds one without it.",
  },
  dataDir: {
    kind: anyText(),
    fallback: "./.weir",
    meaning: "Where all-in-one keeps its stores and its development secret, readable by their owner alone.",
  },
  demo: {
    kind: choice("loopback", "on", "off"),
    fallback: "loopback",
    meaning:
      "All-in-one serves the demo page and gives anyone a token: only on a loopback address, always (`on`), or never.",
  },
  jwtSecret: { kind: secret, secret: true, meaning: "Shared secret for HS256/384/512, at least 32 bytes." },
  jwtSecretPrevious: {
    kind: secret,
    secret: true,
    meaning:
      "The shared secret before `WEIR_JWT_SECRET`: tokens that it signed are taken too, and none is signed with it.",
  },
  jwtPublicKey: {
    kind: { ...anyText(), allowed: "PEM public keys: RSA, Ed25519, or EC on P-256, P-384 or P-521" },
    meaning: "PEM public key for RS, PS, ES or EdDSA tokens, or several, one after the other.",
  },
  jwksUrl: { kind: webUrl(), meaning: "Key set to fetch public keys from, with rotation." },
  jwksStaleIfError: {
    kind: duration(0, 604_800_000),
    fallback: "24h",
    meaning:
      "How long after the last good fetch of the key set its keys are used while later fetches fail; 0 refuses all its tokens after ten minutes.",
  },
  jwtIssuer: { kind: anyText(), meaning: "Exact `iss` of every token, where set." },
  jwtAudience: {
    kind: anyText(),
    meaning:
      "Exact `aud` of every token. Without it, tokens that the same keys sign for other applications are taken too.",
  },
  jwtType: {
    kind: tokenType(),
    meaning:
      "The only `typ` of tokens that is taken, such as `at+jwt`; `weir token` signs with it. Without it: `JWT`, `at+jwt` and no `typ`.",
  },
  tokenMaxLifetime: {
    kind: duration(1_000, 3_153_600_000_000),
    fallback: "366d",
    meaning:
      "Longest time from a token's `iat`, or from now where it has none, to its `exp`; tokens that last longer are refused.",
  },
  defaultGrant: {
    kind: grants(),
    fallback: "{}",
    meaning: 'Rooms for tokens without a `rooms` claim. In all-in-one: `{"**":["read","write"]}`.',
  },
  allowedOrigins: {
    kind: origins(),
    meaning:
      "Origins of pages that may connect; without it, the same origin only. In all-in-one: pages of every port of this machine.",
  },
  transports: {
    kind: list(choice("websocket", "polling")),
    fallback: "websocket,polling",
    meaning: "Transports on `/socket.io`; `/rt` is WebSocket only.",
  },
  workers: {
    kind: integer(1, 256),
    fallback: "1",
    meaning: "Processes of one gateway, which share its ports: one for each core. All-in-one has one.",
  },
  affinityCookie: {
    kind: anyText(),
    meaning:
      "Name of the cookie by which a balancer brings clients of `/socket.io` back to their gateway: who is sent away forgets it.",
  },
  durability: {
    kind: choice("fast", "safe", "stored"),
    meaning:
      "What an acknowledgement means at least: in the log (`fast`), also on its replicas (`safe`; the start fails where Redis has none), or in the store (`stored`). Without it: `safe` where the log can at the start, else `fast`.",
  },
  replicaTimeout: {
    kind: duration(1_000, 3_600_000),
    fallback: "30s",
    meaning:
      "How long a replica of Redis that left or stalled still counts for `safe`, which is refused meanwhile. Longer than a failover takes.",
  },
  partitions: {
    kind: integer(1, 1_024),
    fallback: "16",
    meaning: "Partitions of the log: fixed at the first start, checked ever after.",
  },
  rateUser: { kind: integer(1, 1_000_000), fallback: "5", meaning: "Requests per second and user." },
  rateUserBurst: {
    kind: integer(1, 1_000_000),
    fallback: "20",
    meaning: "Requests that a user may make at once after a pause.",
  },
  rateRoom: { kind: integer(1, 1_000_000), fallback: "50", meaning: "Entries per second and room." },
  rateJoin: { kind: integer(1, 1_000_000), fallback: "10", meaning: "Joins per second and user." },
  rateHistory: { kind: integer(1, 1_000_000), fallback: "5", meaning: "History reads per second and user." },
  ratePackets: {
    kind: integer(0, 1_000_000),
    fallback: "100",
    meaning:
      "Packets per second and connection, before anything parses them, five times as many at once; pings and requests of polling count. A connection above is cut off. 0 is no limit.",
  },
  rateBytes: {
    kind: size(0, 1_073_741_824),
    fallback: "256KiB",
    meaning:
      "Bytes of packets per second and connection, four times as many at once and two frames at least. A connection above is cut off. 0 is no limit.",
  },
  roomsPerSocket: { kind: integer(1, 10_000), fallback: "200", meaning: "Rooms that one connection may be in." },
  textMaxBytes: { kind: size(1, textBytesMax), fallback: "8KiB", meaning: "UTF-8 bytes of one message's text." },
  admissionRate: { kind: integer(1, 1_000_000), fallback: "400", meaning: "Handshakes per second and process." },
  admissionBurst: {
    kind: integer(1, 1_000_000),
    fallback: "150",
    meaning: "Handshakes that a process takes at once after a pause.",
  },
  connectionsPerIp: {
    kind: integer(0, 1_000_000),
    fallback: "0",
    meaning: "Open connections of one address per process (an IPv6 /64 counts as one); 0 is no limit.",
  },
  connectionsPerUser: {
    kind: integer(0, 1_000_000),
    fallback: "20",
    meaning: "Open connections of one user per process; 0 is no limit.",
  },
  trustedProxies: {
    kind: list(network()),
    meaning: "Proxies that are believed about a client's address; without it, the TCP address counts.",
  },
  forwardedHeader: {
    kind: choice("x-forwarded-for", "forwarded"),
    fallback: "x-forwarded-for",
    meaning:
      "Header in which these proxies write the client's address. Clients can write the other one themselves, so it is not read.",
  },
  shedLoopDelay: {
    kind: duration(0, 60_000),
    fallback: "50ms",
    meaning:
      "Event-loop delay (p99) above which handshakes are refused; at 3 times as much ephemeral events are dropped, at 10 times readiness ends. 0 never sheds. In all-in-one: `500ms`.",
  },
  memoryLimit: {
    kind: size(1_048_576, 1_099_511_627_776),
    meaning:
      "Memory that this process may use: above 80 % handshakes are refused, above 90 % the slowest connections are closed. Without it, the container's limit where there is one, in equal parts for `WEIR_WORKERS`.",
  },
  queueMaxBytes: {
    kind: size(1_024, 1_073_741_824),
    fallback: "256KiB",
    meaning: "Bytes that may wait for one client that does not keep up.",
  },
  queueMaxMessages: {
    kind: integer(1, 1_000_000),
    fallback: "500",
    meaning: "Messages that may wait for one client, or be unconfirmed where it sends receipts.",
  },
  queueMaxAge: {
    kind: duration(1_000, 3_600_000),
    fallback: "10s",
    meaning: "How long anything may wait for one client.",
  },
  bufferMaxMessages: {
    kind: integer(1, 100_000_000),
    fallback: "100000",
    meaning:
      "High watermark of a partition's write-behind buffer: above it sends get `OVERLOADED` until it is down to 80 %.",
  },
  logTail: {
    kind: integer(0, 100_000),
    fallback: "500",
    meaning: "Stored entries of a room that the log keeps, so that clients who come back are served without the store.",
  },
  flushMaxBatch: { kind: integer(1, 10_000), fallback: "1000", meaning: "Entries of one batch to the store." },
  flushLinger: {
    kind: duration(0, 60_000),
    fallback: "100ms",
    meaning: "How long the flusher lets a partition gather entries.",
  },
  drainWindow: {
    kind: duration(0, 3_600_000),
    fallback: "60s",
    meaning: "Time over which a leaving gateway sends its clients away. In all-in-one: `1s`.",
  },
  canaryEvery: {
    kind: duration(0, 3_600_000),
    fallback: "10s",
    meaning:
      "Between two messages that a gateway process sends through itself, to measure each leg and to be ready only while they come through; 0 does neither. In all-in-one: `0`.",
  },
  retention: {
    kind: duration(0, 315_360_000_000),
    fallback: "0",
    meaning: "Age after which stored messages are deleted; 0 keeps them.",
  },
  policies: {
    kind: policies(),
    meaning:
      "Room policies that hold where no ChatRoomPolicy says otherwise, by name; usually a file (`WEIR_POLICIES_FILE`). Read at the start.",
  },
  kubeconfig: {
    kind: anyText(),
    meaning: "File that says how to reach the API of Kubernetes; without it, the service account of the pod.",
  },
  podName: {
    kind: anyText(),
    meaning: "Name of the pod that this runs in, by which others know it. Without it: the host name.",
  },
  namespace: { kind: anyText(), meaning: "Namespace of Kubernetes that this runs in." },
  ...controllerSettings,
  logLevel: {
    kind: choice("debug", "info", "warn", "error", "silent"),
    fallback: "info",
    meaning: "What is logged, to standard error.",
  },
  logFormat: { kind: choice("json", "pretty"), meaning: "`json`, or `pretty` where standard error is a terminal." },
} as const satisfies Readonly<Record<string, Setting<unknown>>>;

export type SettingName = keyof typeof settingCatalogue;
type ValueOf<N extends SettingName> = NonNullable<ReturnType<(typeof settingCatalogue)[N]["kind"]["parse"]>>;

/** What the program uses: parsed, checked, frozen. Without a value and a fallback: undefined. */
export type Settings = {
  readonly [N in SettingName]: (typeof settingCatalogue)[N] extends { readonly fallback: string }
    ? ValueOf<N>
    : ValueOf<N> | undefined;
};

/** What people wrote, by property name. */
export type RawSettings = Readonly<Record<string, string | undefined>>;

function words(name: string): string[] {
  return name.split(/(?=[A-Z])/).map((word) => word.toLowerCase());
}

/** `redisUrl` → `WEIR_REDIS_URL` */
export function environmentName(name: string): string {
  return ["weir", ...words(name)].join("_").toUpperCase();
}

/** `redisUrl` → `--redis-url` */
export function flagName(name: string): string {
  return `--${words(name).join("-")}`;
}
