import type { Requests } from "../../protocol/schemas.ts";
import type { RequestScope } from "../request-scope.ts";

/** Notes how far the client has everything. One number per room it is in, whatever it sends. */
export function takeReceipt(scope: RequestScope, { room, seq }: Requests["receipt"]): Promise<undefined> {
  scope.member(room, "read");
  scope.confirm(room, seq);
  return Promise.resolve(undefined);
}
