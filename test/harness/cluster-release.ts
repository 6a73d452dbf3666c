import { randomInt } from "node:crypto";
import { fileURLToPath } from "node:url";
import { type AgentOptions, ClusterAgent } from "./cluster-client.ts";
import { apply, kubectl, kubectlLines } from "./cluster-kubectl.ts";
import { testImage } from "./cluster-settings.ts";
import { helm } from "./helm.ts";
import { until } from "./until.ts";

const chart = fileURLToPath(new URL("../../charts/weir", import.meta.url));

export type Component = "gateway" | "flusher" | "controller" | "redis-demo" | "mongodb-demo";

export interface Pod {
  readonly name: string;
  readonly ip: string;
  readonly node: string;
  readonly isReady: boolean;
  /** When it has to be gone at the latest, ms since 1970, where it is told to end. */
  readonly endsAt: number | undefined;
}

/** Values of a chart. */
export type Values = Readonly<Record<string, unknown>>;

/** The release of the chart in a namespace of its own, in which the `restricted` level of pod security is enforced. */
export class Release implements AsyncDisposable {
  readonly name = "weir";
  readonly namespace = `weir-test-${randomInt(1_000_000_000)}`;
  #isInstalled = false;

  /** Resolves when everything is ready. */
  static async install(values: Values = {}): Promise<Release> {
    const release = new Release();
    await apply({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: release.namespace, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
    });
    try {
      await release.#helm("install", values);
      release.#isInstalled = true;
    } catch (cause) {
      const state = await release.describe();
      await release[Symbol.asyncDispose]();
      throw new Error(`the release does not get ready:\n${state}`, { cause });
    }
    return release;
  }

  /** Resolves when everything is ready with these values and no others. */
  async upgrade(values: Values): Promise<void> {
    await this.#helm("upgrade", values);
  }

  /** `helm test`: rejects with what it says where it fails. */
  async test(): Promise<void> {
    await helm(["test", this.name, "--namespace", this.namespace, "--timeout", "2m", "--logs"]);
  }

  /** Also where it is uninstalled already. */
  async uninstall(): Promise<void> {
    await helm([
      "uninstall",
      this.name,
      "--namespace",
      this.namespace,
      "--wait",
      "--timeout",
      "4m",
      "--ignore-not-found",
    ]);
    this.#isInstalled = false;
  }

  kubectl(...args: readonly string[]): Promise<string> {
    return kubectl(["--namespace", this.namespace, ...args]);
  }

  lines(...args: readonly string[]): Promise<string[]> {
    return kubectlLines(["--namespace", this.namespace, ...args]);
  }

  /** URL of the Service that clients use, as seen from the cluster. */
  get url(): string {
    return `http://${this.name}-gateway.${this.namespace}:3000`;
  }

  get mongodbUrl(): string {
    return `mongodb://${this.name}-mongodb-demo.${this.namespace}:27017/weir?directConnection=true`;
  }

  agent(options: Partial<AgentOptions> = {}): Promise<ClusterAgent> {
    return ClusterAgent.start({ namespace: this.namespace, jwtSecret: `${this.name}-jwt`, ...options });
  }

  /** By age, the oldest first; those that are ending too. */
  async pods(component: Component): Promise<Pod[]> {
    const fields = [
      ".metadata.name",
      ".status.podIP",
      ".spec.nodeName",
      '.status.conditions[?(@.type=="Ready")].status',
      ".metadata.deletionTimestamp",
    ].map((field) => `{${field}}`);
    const lines = await this.lines(
      "get",
      "pods",
      "--sort-by=.metadata.creationTimestamp",
      `-l=${selector(component)}`,
      `-o=jsonpath={range .items[*]}${fields.join("{','}")}{'\\n'}{end}`,
    );
    return lines.map((line) => {
      const [name = "", ip = "", node = "", ready = "", deletion = ""] = line.split(",");
      const endsAt = deletion === "" ? undefined : Date.parse(deletion);
      return { name, ip, node, isReady: ready === "True" && endsAt === undefined, endsAt };
    });
  }

  /** Resolves to the ready pods of a component when there are so many, and no others. */
  ready(component: Component, count: number, within = 90_000): Promise<Pod[]> {
    return until(
      async () => {
        const pods = await this.pods(component);
        return pods.length === count && pods.every(({ isReady }) => isReady) ? pods : undefined;
      },
      { within, every: 500 },
    );
  }

  /** For a person who has to find out what is wrong. */
  async describe(): Promise<string> {
    const looks = [
      ["get", "pods", "-o", "wide"],
      ["get", "events", "--sort-by=.lastTimestamp", "--field-selector=type!=Normal"],
      ["logs", "--all-containers", "--prefix", "--tail=15", "-l", `app.kubernetes.io/instance=${this.name}`],
    ];
    const seen = await Promise.all(looks.map((look) => this.kubectl(...look).catch(String)));
    return seen.map((text) => text.slice(-4_000)).join("\n");
  }

  /** A failing uninstall is told and no more: the suite tests it by itself, and what was tested here has its result. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (this.#isInstalled) await this.uninstall();
    } catch (error) {
      process.stderr.write(`${String(error)}\n`);
    }
    await kubectl(["delete", "namespace", this.namespace, "--wait=false"]);
  }

  async #helm(command: "install" | "upgrade", values: Values): Promise<void> {
    const colon = testImage.lastIndexOf(":");
    const image = { repository: testImage.slice(0, colon), tag: testImage.slice(colon + 1) };
    const all = { image, ...values };
    // The resource definitions are one for all, and stay when a release goes.
    const where = ["--namespace", this.namespace, "--take-ownership", "--force-conflicts", "--wait", "--timeout", "4m"];
    await helm([command, this.name, chart, ...where, "--set-json", JSON.stringify(all)]);
  }
}

export function selector(component: Component): string {
  return `app.kubernetes.io/name=weir,app.kubernetes.io/component=${component}`;
}
