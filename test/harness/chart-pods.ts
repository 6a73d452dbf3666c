import { isRecord, listAt, type Manifest, pick } from "./chart.ts";

/** The pod that an object is, or makes. */
export interface PodTemplate {
  /** `Deployment/weir-gateway` */
  readonly owner: string;
  readonly metadata: unknown;
  readonly spec: unknown;
}

const paths: Readonly<Record<string, string>> = { Pod: "", Deployment: "spec.template", StatefulSet: "spec.template" };

export function podTemplates(manifests: readonly Manifest[]): readonly PodTemplate[] {
  return manifests.flatMap((manifest) => {
    const path = paths[manifest.kind];
    if (path === undefined) return [];
    const pod = path === "" ? manifest.object : manifest.at(path);
    return [
      {
        owner: `${manifest.kind}/${manifest.name}`,
        metadata: pick(pod, "metadata"),
        spec: pick(pod, "spec"),
      },
    ];
  });
}

/** Names and values of a container's environment; values that come from elsewhere are objects. */
export function environmentOf(manifest: Manifest): ReadonlyMap<string, unknown> {
  const env = listAt(manifest.object, "spec.template.spec.containers.0.env");
  return new Map(env.filter(isRecord).map(({ name, value, valueFrom }) => [String(name), value ?? valueFrom]));
}
