export { PoliciesInForce, type PolicyView } from "./policies-in-force.ts";
export type * from "./policy-ports.ts";
