import type { PolicyDocument } from "../chat/room-policy.ts";

/*
 * How policies reach gateways and flushers. One publishes, everyone reads; what was published last holds, also while its publisher is away.
 */

/** A document with its place among all that were published. */
export interface PublishedPolicies {
  /** When it was published by the clock of who keeps it, Unix ms; higher than every one before. */
  readonly revision: number;
  readonly document: PolicyDocument;
}

export interface PolicyPublisher {
  /**
   * Puts a document in the place of the one before, at once for all readers, and resolves with its revision. The same document again changes
   * nothing and has the revision that it had; where it was lost meanwhile it is there again under a higher one. So publishing again and
   * again is right. Rejects with UNAVAILABLE, and then it may be published; with RangeError where the document is over `policyLimits`.
   */
  publish(document: PolicyDocument): Promise<number>;
}

export interface PolicySource {
  /**
   * What was published last, where its revision is above `after`; undefined where it is not, or nothing is published. Rejects with
   * UNAVAILABLE, and with another error where what is there is no document.
   */
  read(after: number): Promise<PublishedPolicies | undefined>;
  /** Calls back soon after something was published. Some may be missed, so a reader also asks by itself. */
  onPublished(callback: () => void): void;
}
