import { withDeadline } from "../../kernel/deadline.ts";
import { ChatError } from "../../protocol/errors.ts";
import type { Requests } from "../../protocol/schemas.ts";
import type { RequestScope } from "../request-scope.ts";

/**
 * Replaces the token in place. Rooms that the new one does not let read are left at once. Later requests wait for it, so it
 * takes no longer than a request may.
 */
export async function refreshToken(scope: RequestScope, { token }: Requests["auth:refresh"]): Promise<{ exp: number }> {
  const { clock, limits, verifier } = scope.parts;
  const error = (): Error => new ChatError("TIMEOUT", "the token was not verified in time");
  const principal = await withDeadline({ clock, ms: limits.requestMs, error }, () => verifier.verify(token));
  if (principal.id !== scope.principal().id) throw new ChatError("FORBIDDEN", "the token is for another user");
  scope.replacePrincipal(principal);
  return { exp: principal.expiresAt };
}
