import { Type } from "typebox";

/** One condition, as every Kubernetes resource has them. */
const condition = Type.Object({
  type: Type.String({ maxLength: 64 }),
  status: Type.Enum(["True", "False", "Unknown"], { type: "string" }),
  observedGeneration: Type.Optional(Type.Integer({ minimum: 0, format: "int64" })),
  lastTransitionTime: Type.String({ maxLength: 64, format: "date-time" }),
  reason: Type.String({ maxLength: 128, pattern: "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$" }),
  message: Type.String({ maxLength: 1_024 }),
});

/** Conditions, one of each type, so that two writers could each apply their own. */
export const conditionList = Type.Array(condition, {
  maxItems: 16,
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": ["type"],
});
