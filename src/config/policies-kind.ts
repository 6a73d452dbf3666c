import { documentOf, type NamedPolicy, type PolicyDocument, policyLimits } from "../chat/room-policy.ts";
import { faultInPolicy, isRoomPolicySpec } from "../chat/room-policy-check.ts";
import { parseJson } from "../kernel/parse-json.ts";
import type { Kind } from "./kinds.ts";

/** `{"calm":{"rooms":["team:**"],"slowModeSeconds":30}}`: name of a policy to what it says. */
export function policies(): Kind<PolicyDocument> {
  return {
    parse: (text) => {
      const read = readPolicies(text);
      return "fault" in read ? undefined : read.document;
    },
    fault: (text) => {
      const read = readPolicies(text);
      return "fault" in read ? read.fault : undefined;
    },
    allowed: 'JSON such as {"calm":{"rooms":["team:**"],"slowModeSeconds":30}}',
  };
}

type Read = { readonly document: PolicyDocument } | { readonly fault: string };

function readPolicies(text: string): Read {
  const value = parseJson(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { fault: "it is no JSON object" };
  const named: NamedPolicy[] = [];
  for (const [name, spec] of Object.entries(value)) {
    if (!isRoomPolicySpec(spec)) return { fault: `${JSON.stringify(name)}: ${faultInPolicy(spec)}` };
    named.push({ name, createdAt: 0, spec });
  }
  const document = documentOf(named);
  const isTooMany = document.rules.length > policyLimits.rules;
  return isTooMany ? { fault: `more than ${policyLimits.rules} patterns` } : { document };
}
