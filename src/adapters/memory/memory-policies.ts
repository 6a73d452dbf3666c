import { type PolicyDocument, policyLimits } from "../../chat/room-policy.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { PolicyPublisher, PolicySource, PublishedPolicies } from "../../policies/index.ts";

/** Policies of one process. */
export class MemoryPolicies implements PolicyPublisher, PolicySource {
  readonly #clock: Clock;
  readonly #callbacks: (() => void)[] = [];
  #published: PublishedPolicies | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  publish(document: PolicyDocument): Promise<number> {
    const text = JSON.stringify(document);
    if (text.length > policyLimits.bytes) return Promise.reject(new RangeError("the policies are too large"));
    const { revision, document: before } = this.#published ?? { revision: 0, document: undefined };
    if (JSON.stringify(before) === text) return Promise.resolve(revision);
    this.#published = { revision: Math.max(revision + 1, this.#clock.now()), document };
    for (const callback of this.#callbacks) callback();
    return Promise.resolve(this.#published.revision);
  }

  read(after: number): Promise<PublishedPolicies | undefined> {
    const found = this.#published;
    return Promise.resolve(found !== undefined && found.revision > after ? found : undefined);
  }

  onPublished(callback: () => void): void {
    this.#callbacks.push(callback);
  }
}
