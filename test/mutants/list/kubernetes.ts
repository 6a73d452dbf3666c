import { mutantsOf } from "../mutant.ts";

export const kubernetesMutants = mutantsOf("src/adapters/kubernetes", [
  [
    "kube-lease.ts",
    "if (before?.metadata.resourceVersion !== version) return undefined;",
    "",
    "A lease that another wrote since is not overwritten.",
  ],
  ["kube-lease.ts", "...before?.metadata, name", "name", "Labels that others gave a lease stay."],
  [
    "kube-lease.ts",
    'goesOn ? spec["acquireTime"] : renewTime',
    "renewTime",
    "The begin of a term stays through its renewals.",
  ],
  [
    "kube-lease.ts",
    "leaseDurationSeconds * 1_000 : 1_000",
    "leaseDurationSeconds : 1_000",
    "The duration of a lease is read in seconds.",
  ],
  ["kube-lease.ts", 'unless("conflict", () =>', 'unless("not-found", () =>', "A conflict is told and is no error."],
  [
    "resilient-informer.ts",
    'if (isKubeError(error, "gone")) this.#version = undefined;',
    'if (isKubeError(error, "conflict")) this.#version = undefined;',
    "A watch that is too far behind begins with a new list.",
  ],
  [
    "resilient-informer.ts",
    'if (type === "deleted") this.#objects?.delete(key);',
    'if (type === "deleted") void 0;',
    "A deleted object is gone.",
  ],
  ["resilient-informer.ts", "this.#attempt = 0;\n", "", "The wait is short again after an event."],
  ["resilient-informer.ts", 'if (type === "bookmark") return;', "", "A bookmark is no object."],
  [
    "resilient-informer.ts",
    "this.#objects = now;\n",
    "for (const [key, object] of now) this.#objects?.set(key, object);\n",
    "An object that is not in a new list is gone.",
  ],
  [
    "resilient-informer.ts",
    "if (versionOf(before.get(key)) !== versionOf(now.get(key))) this",
    "this",
    "A new list tells of changes only.",
  ],
]);
