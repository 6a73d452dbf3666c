import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { type Static, type TSchema, Type } from "typebox";
import { Value } from "typebox/value";
import { type AgentAnswer, type AgentCall, type AgentRequest, agentCalls, agentPort } from "./cluster-agent-api.ts";
import { kubectl } from "./cluster-kubectl.ts";
import { testImage } from "./cluster-settings.ts";

const script = fileURLToPath(new URL("cluster-agent.ts", import.meta.url));
const name = "weir-test-agent";
const answerSchema = Type.Object({ value: Type.Optional(Type.Unknown()), error: Type.Optional(Type.String()) });

export interface AgentOptions {
  readonly namespace: string;
  /** The Secret whose key `jwt-secret` signs tokens. */
  readonly jwtSecret: string;
  /** The node that it is to be on. */
  readonly node?: string;
}

/** The suite's hands in the cluster: a pod of the image under test that runs `cluster-agent.ts`. */
export class ClusterAgent {
  readonly #namespace: string;

  private constructor(namespace: string) {
    this.#namespace = namespace;
  }

  /** Resolves when it answers. */
  static async start(options: AgentOptions): Promise<ClusterAgent> {
    const { namespace } = options;
    const binaryData = { bundle: await bundled() };
    const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, binaryData };
    await kubectl(["create", "-f", "-"], JSON.stringify(map));
    await kubectl(["create", "-f", "-"], JSON.stringify(podOf(options)));
    await kubectl(["wait", "-n", namespace, `pod/${name}`, "--for=condition=Ready", "--timeout=60s"]);
    return new ClusterAgent(namespace);
  }

  begin(request: AgentRequest<"begin">): Promise<AgentAnswer<"begin">> {
    return this.#call("begin", agentCalls.begin.answer, request);
  }

  status(): Promise<AgentAnswer<"status">> {
    return this.#call("status", agentCalls.status.answer, {});
  }

  finish(request: AgentRequest<"finish">): Promise<AgentAnswer<"finish">> {
    return this.#call("finish", agentCalls.finish.answer, request);
  }

  drop(): Promise<AgentAnswer<"drop">> {
    return this.#call("drop", agentCalls.drop.answer, {});
  }

  hold(request: AgentRequest<"hold">): Promise<AgentAnswer<"hold">> {
    return this.#call("hold", agentCalls.hold.answer, request);
  }

  talk(request: AgentRequest<"talk">): Promise<AgentAnswer<"talk">> {
    return this.#call("talk", agentCalls.talk.answer, request);
  }

  ask(request: AgentRequest<"ask">): Promise<AgentAnswer<"ask">> {
    return this.#call("ask", agentCalls.ask.answer, request);
  }

  fetch(request: AgentRequest<"fetch">): Promise<AgentAnswer<"fetch">> {
    return this.#call("fetch", agentCalls.fetch.answer, request);
  }

  store(request: AgentRequest<"store">): Promise<AgentAnswer<"store">> {
    return this.#call("store", agentCalls.store.answer, request);
  }

  async #call<S extends TSchema>(call: AgentCall, schema: S, request: object): Promise<Static<S>> {
    const path = `/api/v1/namespaces/${this.#namespace}/pods/http:${name}:${agentPort}/proxy/${call}`;
    const body = await kubectl(["create", "--raw", path, "-f", "-"], JSON.stringify(request));
    const { value, error } = Value.Parse(answerSchema, JSON.parse(body));
    if (error !== undefined) throw new Error(`${call}: ${error}`);
    return Value.Parse(schema, value);
  }
}

/** The agent in one file, small enough for a ConfigMap, in base64. */
async function bundled(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [script],
    bundle: true,
    minify: true,
    keepNames: true,
    platform: "node",
    format: "cjs",
    target: "node24",
    external: ["bufferutil", "utf-8-validate"],
    logLevel: "error",
    write: false,
  });
  return gzipSync(outputFiles[0]?.contents ?? "").toString("base64");
}

const start = 'eval(require("zlib").gunzipSync(require("fs").readFileSync("/agent/bundle")).toString())';

function podOf({ namespace, jwtSecret, node }: AgentOptions): object {
  const secretKeyRef = { name: jwtSecret, key: "jwt-secret" };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace },
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 0,
      securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: "RuntimeDefault" } },
      ...(node === undefined ? {} : { nodeSelector: { "kubernetes.io/hostname": node } }),
      containers: [
        {
          name: "agent",
          image: testImage,
          imagePullPolicy: "IfNotPresent",
          command: ["node", "-e", start],
          env: [{ name: "WEIR_TEST_SECRET", valueFrom: { secretKeyRef } }],
          readinessProbe: { httpGet: { path: "/", port: agentPort }, periodSeconds: 1 },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
          volumeMounts: [{ name: "agent", mountPath: "/agent" }],
        },
      ],
      volumes: [{ name: "agent", configMap: { name } }],
    },
  };
}
