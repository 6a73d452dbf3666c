/** One rule of a Role: what may be done with what. */
export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  /** Only objects of these names; absent: of any name. */
  readonly resourceNames?: readonly string[];
}

export interface RbacNames {
  /** Of the ChatPlatform. */
  readonly platform: string;
  /** Of the Lease by which controllers are elected. */
  readonly controllerLease: string;
}

/**
 * All that the controller does in its own namespace, and no more. `create` can't be bound to a name. In addition it reads one config map,
 * `extension-apiserver-authentication` in kube-system, where it serves the custom metrics API: the Role
 * `extension-apiserver-authentication-reader` there is made for that.
 */
export function controllerRules({ platform, controllerLease }: RbacNames): PolicyRule[] {
  const leases = { apiGroups: ["coordination.k8s.io"], resources: ["leases"] };
  const ours = ["weir.chat"];
  return [
    { ...leases, verbs: ["get", "update"], resourceNames: [controllerLease] },
    { ...leases, verbs: ["create"] },
    // Watches the gateways, and marks them for a scale-in.
    { apiGroups: [""], resources: ["pods"], verbs: ["list", "watch", "patch"] },
    { apiGroups: ours, resources: ["chatroompolicies"], verbs: ["list", "watch"] },
    { apiGroups: ours, resources: ["chatroompolicies/status"], verbs: ["patch"] },
    { apiGroups: ours, resources: ["chatplatforms"], verbs: ["get"], resourceNames: [platform] },
    { apiGroups: ours, resources: ["chatplatforms/status"], verbs: ["patch"], resourceNames: [platform] },
    { apiGroups: ["events.k8s.io"], resources: ["events"], verbs: ["create"] },
  ];
}
