import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import { helm } from "./helm.ts";

export const chartFolder = fileURLToPath(new URL("../../charts/weir", import.meta.url));

/** Values as one would write them into a file. */
export type Values = Readonly<Record<string, unknown>>;

export interface RenderOptions {
  readonly values?: Values;
  /** Values files, below those of `values`. */
  readonly files?: readonly string[];
  readonly release?: string;
  readonly namespace?: string;
  /** As an upgrade; without it, as an install. */
  readonly upgrade?: boolean;
  /** What the cluster has beside the kinds of Kubernetes, such as `keda.sh/v1alpha1/ScaledObject`. */
  readonly apiVersions?: readonly string[];
  readonly kubeVersion?: string;
  /** Of a cluster in which the templates look objects up; without it, they find none. */
  readonly kubeconfig?: string;
  /** A chart elsewhere, such as a changed copy. */
  readonly chart?: string;
  /** Renders anew what was rendered before, since keys and certificates are made anew each time. */
  readonly fresh?: true;
}

/** What the chart makes of values. */
export interface Rendered {
  readonly manifests: readonly Manifest[];
  /** The one object of a kind with a name. Throws where there is none. */
  readonly get: (kind: string, name: string) => Manifest;
  /** Kinds and names, such as `Service/weir-gateway`, sorted. */
  readonly names: () => readonly string[];
}

/** One object of the cluster. */
export interface Manifest {
  readonly kind: string;
  readonly name: string;
  readonly object: Readonly<Record<string, unknown>>;
  /** What stands at a path such as `spec.containers.0.image`; undefined where there is nothing. */
  readonly at: (path: string) => unknown;
}

/** What was rendered in this process, by its options: a rendering takes a fifth of a second. */
const renderings = new Map<string, Promise<Rendered>>();

/** Renders the chart for a release `weir` in the namespace `chat`. Rejects with helm's message where it is refused. */
export function renderChart(options: RenderOptions = {}): Promise<Rendered> {
  const key = JSON.stringify(options);
  const known = options.fresh === true ? undefined : renderings.get(key);
  const made = known ?? render(options);
  renderings.set(key, made);
  return made;
}

async function render(options: RenderOptions): Promise<Rendered> {
  const { values = {}, files = [], release = "weir", namespace = "chat", chart = chartFolder } = options;
  const flags = [
    ...files.flatMap((file) => ["--values", file]),
    ...(options.upgrade === true ? ["--is-upgrade"] : []),
    ...(options.kubeconfig === undefined
      ? []
      : ["--dry-run=server", "--disable-openapi-validation", "--kubeconfig", options.kubeconfig]),
    ...(options.kubeVersion === undefined ? [] : ["--kube-version", options.kubeVersion]),
    ...(options.apiVersions ?? []).flatMap((version) => ["--api-versions", version]),
  ];
  const given = ["--set-json", JSON.stringify(values)];
  const text = await helm(["template", release, chart, "--namespace", namespace, ...flags, ...given]);
  return rendered(parseManifests(text));
}

function rendered(manifests: readonly Manifest[]): Rendered {
  return {
    manifests,
    get: (kind, name) => {
      const found = manifests.find((manifest) => manifest.kind === kind && manifest.name === name);
      if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
      return found;
    },
    names: () => manifests.map(({ kind, name }) => `${kind}/${name}`).sort(),
  };
}

/** Objects by the text of their document, because renderings of one chart share most documents. Callers never change an object. */
const parsed = new Map<string, readonly Manifest[]>();

/** The documents of a YAML stream, read as Kubernetes reads them: by YAML 1.1. */
export function parseManifests(text: string): readonly Manifest[] {
  return text.split(/^---$/m).flatMap((document) => {
    const known = parsed.get(document) ?? parseDocument(document);
    parsed.set(document, known);
    return known;
  });
}

function parseDocument(text: string): readonly Manifest[] {
  return parseAllDocuments(text, { version: "1.1" })
    .map((document): unknown => {
      const [error] = document.errors;
      if (error !== undefined) throw error;
      const content: unknown = document.toJS();
      return content;
    })
    .filter(isRecord)
    .map((object) => {
      const at = (path: string): unknown => pick(object, path);
      return { object, at, kind: String(at("kind")), name: String(at("metadata.name")) };
    });
}

/** What stands at a path such as `a.0.b`; undefined where there is nothing. */
export function pick(from: unknown, path: string): unknown {
  let found = from;
  for (const key of path.split(".")) found = isRecord(found) ? found[key] : undefined;
  return found;
}

/** A list at a path; empty where there is none. */
export function listAt(from: unknown, path: string): readonly unknown[] {
  const found = pick(from, path);
  return Array.isArray(found) ? found : [];
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** The fields of an object; none where it is something else. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}
