import type { TSchema } from "typebox";
import { conditionList } from "./condition-schema.ts";

/** One column of `kubectl get`. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "date" | "boolean";
  readonly jsonPath: string;
  readonly description: string;
  /** Shown with `-o wide` only. */
  readonly wide?: true;
}

/** What is particular to one kind of resource. */
export interface ResourceKind {
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly description: string;
  readonly spec: TSchema;
  /** The fields of the status beside `observedGeneration` and `conditions`, which every kind has. */
  readonly status: Readonly<Record<string, TSchema>>;
  readonly columns: readonly PrinterColumn[];
}

export const apiGroup = "weir.chat";
export const apiVersion = "v1alpha1";

/** A CustomResourceDefinition as it is applied. Kept by hand-over to the API server: unknown fields are refused or pruned there. */
export function customResourceDefinition(resource: ResourceKind): object {
  const { kind, plural, shortNames } = resource;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${apiGroup}` },
    spec: {
      group: apiGroup,
      scope: "Namespaced",
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase(), shortNames, categories: ["weir"] },
      versions: [
        {
          name: apiVersion,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: resource.columns.map(columnOf),
          schema: { openAPIV3Schema: schemaOf(resource) },
        },
      ],
    },
  };
}

function columnOf({ wide, ...column }: PrinterColumn): object {
  return wide === true ? { ...column, priority: 1 } : column;
}

function schemaOf({ description, spec, status }: ResourceKind): object {
  return {
    type: "object",
    description,
    required: ["spec"],
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object" },
      spec,
      status: {
        type: "object",
        description: "What the controller found; nobody else writes it.",
        properties: {
          observedGeneration: { type: "integer", format: "int64", minimum: 0 },
          ...status,
          conditions: conditionList,
        },
      },
    },
  };
}
