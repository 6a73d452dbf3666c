import type { Redis } from "ioredis";
import { type PolicyDocument, parsePolicyDocument, policyLimits } from "../../chat/room-policy.ts";
import type { PolicyPublisher, PolicySource, PublishedPolicies } from "../../policies/index.ts";
import type { RedisConnection } from "./redis-connection.ts";
import { text } from "./reply.ts";

export interface RedisPoliciesOptions {
  readonly connection: RedisConnection;
  /** A connection that subscribes; opened, watched and closed by its owner. Who only publishes needs none. */
  readonly subscriber?: Redis;
  /** Name of the hash; its channel lies in the same slot. */
  readonly key: string;
}

/** The policies in one hash, and a channel on which a new revision is told. */
export class RedisPolicies implements PolicyPublisher, PolicySource {
  readonly #options: RedisPoliciesOptions;

  constructor(options: RedisPoliciesOptions) {
    this.#options = options;
  }

  async publish(document: PolicyDocument): Promise<number> {
    const { connection, key } = this.#options;
    const body = JSON.stringify(document);
    if (body.length > policyLimits.bytes)
      throw new RangeError(`the policies are over ${policyLimits.bytes} characters: ${body.length}`);
    return Number(text(await connection.run("publishPolicies", [key, this.#channel], [body])));
  }

  /** Asks for the revision alone, so that a look at what has not changed is cheap however large it is. */
  async read(after: number): Promise<PublishedPolicies | undefined> {
    const { connection, key } = this.#options;
    const seen = await connection.command((client) => client.hget(key, "revision"));
    if (Number(seen ?? 0) <= after) return undefined;
    const [revision, body] = await connection.command((client) => client.hmget(key, "revision", "document"));
    const document = parsePolicyDocument(body ?? "");
    if (document === undefined)
      throw new TypeError(`what is published under ${revision ?? "no revision"} is no document`);
    return { revision: Number(revision), document };
  }

  /** Also calls back when the subscription has begun anew, because something may have been missed. */
  onPublished(callback: () => void): void {
    const { subscriber } = this.#options;
    if (subscriber === undefined) return;
    const subscribe = async (): Promise<void> => {
      try {
        await subscriber.ssubscribe(this.#channel);
        callback();
      } catch {
        // The link is down, and the next one subscribes.
      }
    };
    subscriber.on("ready", () => void subscribe());
    subscriber.on("smessage", (channel: string) => {
      if (channel === this.#channel) callback();
    });
    if (subscriber.status === "ready") void subscribe();
  }

  get #channel(): string {
    return `${this.#options.key}:changed`;
  }
}
