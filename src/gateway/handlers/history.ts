import { limits } from "../../protocol/limits.ts";
import type { HistoryAnswer } from "../../protocol/messages.ts";
import type { Requests } from "../../protocol/schemas.ts";
import type { RequestScope } from "../request-scope.ts";

export async function getHistory(
  scope: RequestScope,
  request: Requests["history:get"],
  release: () => void,
): Promise<HistoryAnswer> {
  const { room, limit = limits.joinPage, ...range } = request;
  scope.member(room, "read");
  // A read changes nothing that a later request could meet half done.
  release();
  const { entries, more } = await scope.parts.history.page(room, { ...range, limit });
  return { entries, more };
}
