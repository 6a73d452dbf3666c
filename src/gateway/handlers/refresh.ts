import { withDeadline } from "../../kernel/deadline.ts";
import { ChatError } from "../../protocol/errors.ts";
import type { Requests } from "../../protocol/schemas.ts";
import type { Principal } from "../ports.ts";
import type { RequestScope } from "../request-scope.ts";

/**
 * Replaces the token in place. Rooms that the new one does not let read are left at once. Later requests wait for it, so it
 * takes no longer than a request may.
 */
export async function refreshToken(scope: RequestScope, { token }: Requests["auth:refresh"]): Promise<{ exp: number }> {
  const { clock, limits, verifier } = scope.parts;
  const error = (): Error => new ChatError("TIMEOUT", "the token was not verified in time");
  const principal = await withDeadline({ clock, ms: limits.requestMs, error }, () => verifier.verify(token));
  refuseOther(scope.principal(), principal);
  scope.replacePrincipal(principal);
  return { exp: principal.expiresAt };
}

/** @throws ChatError FORBIDDEN where a token is another user's, or not known to be as new as the connection's */
function refuseOther(present: Principal, next: Principal): void {
  if (next.id !== present.id) throw new ChatError("FORBIDDEN", "the token is for another user");
  if (present.issuedAt === undefined) return;
  if (next.issuedAt === undefined) throw new ChatError("FORBIDDEN", "the token has no iat, and the connection's has");
  if (next.issuedAt < present.issuedAt) throw new ChatError("FORBIDDEN", "the token is older than the connection's");
}
