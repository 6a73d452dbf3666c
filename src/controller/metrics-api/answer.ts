/** What the server sends: a status code, and an object of the Kubernetes API. */
export interface Answer {
  readonly code: number;
  readonly body: object;
}

const reasons = {
  400: "BadRequest",
  401: "Unauthorized",
  404: "NotFound",
  405: "MethodNotAllowed",
  503: "ServiceUnavailable",
} as const;

/** A refusal in the form that every client of Kubernetes shows to people. */
export function failure(code: keyof typeof reasons, message: string): Answer {
  const body = {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason: reasons[code],
    code,
  };
  return { code, body };
}
