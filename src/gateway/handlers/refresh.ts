import { ChatError } from "../../protocol/errors.ts";
import type { Requests } from "../../protocol/schemas.ts";
import type { RequestScope } from "../request-scope.ts";

/** Replaces the token in place. Rooms that the new one does not let read are left at once. */
export async function refreshToken(scope: RequestScope, { token }: Requests["auth:refresh"]): Promise<{ exp: number }> {
  const principal = await scope.parts.verifier.verify(token);
  if (principal.id !== scope.principal().id) throw new ChatError("FORBIDDEN", "the token is for another user");
  scope.replacePrincipal(principal);
  return { exp: principal.expiresAt };
}
