import { createShardedAdapter } from "@socket.io/redis-adapter";
import type { Clock } from "../../kernel/clock.ts";
import type { Logger } from "../../telemetry/logger.ts";

/** The part of an ioredis client (or cluster) that publishing needs. */
interface ShardedPublisher {
  spublish(channel: string, payload: string | Buffer): Promise<unknown>;
}

/** The part of an ioredis client that subscribing needs. It has to be a connection of its own. */
interface ShardedSubscriber {
  ssubscribe(channel: string): Promise<unknown>;
  sunsubscribe(channel: string): Promise<unknown>;
  on(event: "smessageBuffer", listener: (channel: Buffer, message: Buffer) => void): unknown;
}

export interface ClusterOptions {
  readonly publisher: ShardedPublisher;
  readonly subscriber: ShardedSubscriber;
  /** Begins every channel's name, so that deployments can share a Redis. */
  readonly channelPrefix: string;
}

/** Between tries to subscribe to a room that is still wanted, ms. */
const retryMs = 1_000;

/**
 * The sharded adapter, with its loose ends tied: it waits for none of its subscriptions, so a Redis that is away would
 * be an unhandled rejection each time a room appears. Events that are lost meanwhile are of the kind that may be.
 */
export function createClusterAdapter(
  options: ClusterOptions,
  clock: Clock,
  logger: Logger,
): ReturnType<typeof createShardedAdapter> {
  const publisher = {
    spublish: (channel: string, payload: string | Buffer) =>
      options.publisher.spublish(channel, payload).catch((error: unknown) => {
        logger.warn({ err: error }, "ephemeral event was not published");
        return 0;
      }),
  };
  const subscriber = tolerantSubscriber(options.subscriber, clock, logger);
  return createShardedAdapter(publisher, subscriber, {
    channelPrefix: options.channelPrefix,
    subscriptionMode: "dynamic",
  });
}

function tolerantSubscriber(client: ShardedSubscriber, clock: Clock, logger: Logger): ShardedSubscriber {
  const wanted = new Set<string>();
  const subscribe = (channel: string): void => {
    if (!wanted.has(channel)) return;
    client.ssubscribe(channel).catch((error: unknown) => {
      logger.warn({ err: error }, "ephemeral channel is not subscribed yet");
      clock.schedule(retryMs, () => subscribe(channel));
    });
  };
  return {
    ssubscribe: (channel) => {
      wanted.add(channel);
      subscribe(channel);
      return Promise.resolve();
    },
    sunsubscribe: (channel) => {
      wanted.delete(channel);
      return client.sunsubscribe(channel).catch((error: unknown) => {
        logger.warn({ err: error }, "ephemeral channel is still subscribed");
      });
    },
    on: (event, listener) => client.on(event, listener),
  };
}
