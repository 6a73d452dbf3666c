import type { ErrorCode } from "../protocol/errors.ts";

/** Where the connection is. `closed` is final; from everything else the client comes back online by itself. */
export type ConnectionState =
  | { readonly status: "connecting" }
  | { readonly status: "online" }
  | {
      readonly status: "offline";
      /** When the next try begins, Unix ms. */
      readonly retryAt: number;
      /** What the last try met, for people who look for the cause. */
      readonly cause: string;
    }
  | {
      readonly status: "closed";
      /** `CLOSED` by the user of the client; else what the server holds against the token. */
      readonly reason: ErrorCode | "CLOSED";
    };
