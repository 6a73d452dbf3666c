/** The layers of docs/architecture.md as data: which folder may import which, and which packages it may use. */

/** Folders by layer. An arrow may point to a lower layer; `siblings` names the arrows allowed within one. */
export const layers: readonly (readonly string[])[] = [
  ["kernel"],
  ["chat", "protocol", "config", "telemetry", "lifecycle"],
  ["write-behind", "leadership", "policies"],
  ["gateway", "flusher", "controller", "client"],
  ["canary"],
  ["adapters"],
  ["roles", "main"],
];

/** Arrows within a layer. The kinds of settings and the wire know the domain's words; services know how to log. */
export const siblings: readonly string[] = [
  "protocol -> chat",
  "config -> chat",
  "lifecycle -> telemetry",
  "roles -> main",
  "main -> roles",
];

/** What the client may import: it runs in a browser and must stay small. */
export const clientMayImport: readonly string[] = ["kernel", "chat", "protocol"];

/** The packages of each folder; every other one is foreign there. Node's own modules are allowed below `client`'s exception. */
export const vendors: Readonly<Record<string, readonly string[]>> = {
  config: [],
  protocol: ["typebox"],
  telemetry: ["pino", "prom-client"],
  client: ["socket.io-client"],
  controller: ["typebox"],
  "adapters/redis": ["ioredis"],
  "adapters/mongodb": ["mongodb"],
  "adapters/sqlite": ["node:sqlite"],
  "adapters/socketio": [
    "socket.io",
    "engine.io",
    "socket.io-adapter",
    "@socket.io/redis-adapter",
    "@socket.io/sticky",
    "forwarded-parse",
    "ipaddr.js",
  ],
  "adapters/rate-limits": ["rate-limiter-flexible"],
  "adapters/http": ["fastify", "@fastify/static"],
  "adapters/jose": ["jose"],
  "adapters/kubernetes": ["@kubernetes/client-node"],
  roles: ["commander", "close-with-grace"],
  main: ["commander"],
};

/** Modules of Node that only the named folders may use. */
export const reservedNodeModules: Readonly<Record<string, readonly string[]>> = {
  "node:sqlite": ["adapters/sqlite"],
};

/** Folders that may not touch Node at all: the domain, and what runs in a browser. */
export const withoutNode: readonly string[] = ["chat", "protocol", "write-behind", "leadership", "policies", "client"];
