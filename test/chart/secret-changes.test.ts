import { describe, expect, test } from "vitest";
import { fieldsOf, type Manifest, type Rendered, renderChart, type Values } from "../harness/chart.ts";
import { serveLookups } from "../harness/fake-lookups.ts";

/** Every secret that a value may hold, made of one word. */
function secretsOf(word: string): Values {
  return {
    redis: { url: `redis://weir:${word}@redis:6379` },
    mongodb: { url: `mongodb://w:${word}@m/weir`, gateway: { url: `mongodb://r:${word}@m/weir` } },
    auth: { jwtSecret: word.repeat(40) },
  };
}

function secretsIn({ manifests }: Rendered): readonly Manifest[] {
  return manifests.filter(({ kind }) => kind === "Secret");
}

/** What an upgrade makes of values, in a cluster that has what was made before. */
async function upgrade(before: Rendered, values: Values): Promise<Rendered> {
  await using cluster = await serveLookups(before.manifests);
  return await renderChart({ values, upgrade: true, kubeconfig: cluster.kubeconfig });
}

/** Annotations of the pods of a component. */
function annotations({ get }: Rendered, component: string): Readonly<Record<string, unknown>> {
  return fieldsOf(get("Deployment", `weir-${component}`).at("spec.template.metadata.annotations"));
}

/** As if an earlier revision of the release, the eighth, had made it. */
function asRevision8(rendered: Rendered): Rendered {
  const manifests = rendered.manifests.map((manifest) => {
    if (manifest.kind !== "Secret") return manifest;
    const metadata = { ...fieldsOf(manifest.at("metadata")), annotations: { "weir.chat/revision": "8" } };
    return { ...manifest, object: { ...manifest.object, metadata } };
  });
  return { ...rendered, manifests };
}

test("what is not a Secret is the same whatever the secrets are: nothing in it can be used to guess one", async () => {
  const others = async (word: string) => {
    const { manifests } = await renderChart({ values: secretsOf(word) });
    return manifests.filter(({ kind }) => kind !== "Secret").map(({ object }) => object);
  };
  expect(await others("a")).toEqual(await others("b"));
});

describe("an upgrade", () => {
  test("that changes no secret replaces no pod for one", async () => {
    const before = asRevision8(await renderChart({ values: secretsOf("a") }));
    const after = await upgrade(before, secretsOf("a"));
    expect(annotations(after, "gateway")).toEqual({ "weir.chat/stores-revision": "8", "weir.chat/jwt-revision": "8" });
    expect(annotations(after, "flusher")).toEqual({ "weir.chat/stores-revision": "8" });
    expect(secretsIn(after).map(({ at }) => at("metadata.annotations"))).toEqual([
      { "weir.chat/revision": "8" },
      { "weir.chat/revision": "8" },
    ]);
  });

  test("that changes a URL replaces all pods, and the Secret notes the revision", async () => {
    const before = asRevision8(await renderChart({ values: secretsOf("a") }));
    const after = await upgrade(before, { ...secretsOf("a"), redis: { url: "redis://other" } });
    for (const component of ["gateway", "flusher", "controller"]) {
      expect(annotations(after, component)).toMatchObject({ "weir.chat/stores-revision": "1" });
    }
    expect(annotations(after, "gateway")).toMatchObject({ "weir.chat/jwt-revision": "8" });
    expect(after.get("Secret", "weir-stores").at("metadata.annotations")).toEqual({ "weir.chat/revision": "1" });
  });

  test("that changes the key of tokens replaces gateways alone", async () => {
    const before = asRevision8(await renderChart({ values: secretsOf("a") }));
    const after = await upgrade(before, { ...secretsOf("a"), auth: secretsOf("b")["auth"] });
    expect(annotations(after, "gateway")).toEqual({ "weir.chat/stores-revision": "8", "weir.chat/jwt-revision": "1" });
    expect(annotations(after, "flusher")).toEqual({ "weir.chat/stores-revision": "8" });
  });

  test("keeps a key that the chart made, with its revision", async () => {
    const before = asRevision8(await renderChart());
    const after = await upgrade(before, {});
    expect(after.get("Secret", "weir-jwt").at("data")).toEqual(before.get("Secret", "weir-jwt").at("data"));
    expect(annotations(after, "gateway")).toMatchObject({ "weir.chat/jwt-revision": "8" });
  });
});

test("the user's own word for the state of secrets replaces the pods of all roles", async () => {
  const rendered = await renderChart({ values: { secretsRevision: "2026-11-30" } });
  for (const component of ["gateway", "flusher", "controller"]) {
    expect(annotations(rendered, component)).toMatchObject({ "weir.chat/secrets-revision": "2026-11-30" });
  }
});

test("pods say nothing of Secrets that the chart does not write", async () => {
  const existingSecret = "s";
  const values = { redis: { existingSecret }, mongodb: { existingSecret }, auth: { existingSecret } };
  expect(annotations(await renderChart({ values }), "gateway")).toEqual({});
});
