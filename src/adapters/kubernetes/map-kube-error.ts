import { KubeError, type KubeErrorReason } from "../../controller/ports/kube.ts";
import { isRecord } from "./is-record.ts";

const reasons: Readonly<Record<number, KubeErrorReason>> = {
  400: "invalid",
  401: "forbidden",
  403: "forbidden",
  404: "not-found",
  405: "invalid",
  409: "conflict",
  410: "gone",
  415: "invalid",
  422: "invalid",
};

/** What an answer that is not a success means. `body` is the API's Status object, where it sent one. */
export function errorOfStatus(code: number, body: unknown): KubeError {
  const message = isRecord(body) && typeof body["message"] === "string" ? body["message"] : "no reason given";
  return new KubeError(reasons[code] ?? "unreachable", `${message} (${code})`);
}

/** What a request means that got no whole answer. */
export function asKubeError(error: unknown): KubeError {
  if (error instanceof KubeError) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new KubeError("unreachable", `the Kubernetes API can't be reached: ${why}`, { cause: error });
}
