import { partitionOf } from "../../chat/room.ts";
import type { Logger } from "../../telemetry/logger.ts";
import { inFlight } from "./in-flight.ts";
import { type PartitionKeys, partitionKeys } from "./keys.ts";
import { textList } from "./reply.ts";
import { RoomLine } from "./room-line.ts";
import type { ScriptName } from "./script-loader.ts";
import { type SettleOptions, settleRoom } from "./settle-room.ts";
import { unavailable } from "./unavailable.ts";

export interface GateOptions extends SettleOptions {
  readonly partitions: number;
  readonly prefix: string;
  /** How long a partition that was opened anew waits for every gateway to say how far it saw the rooms, ms. */
  readonly graceMs: number;
  readonly logger: Logger;
}

/** Rooms whose floors are reported at once: keeps one burst well below a command timeout. */
const floorsAtOnce = 200;
/** Answers that the caller deals with itself. */
const finalAnswers: ReadonlySet<string> = new Set(["OK", "DUPLICATE", "OVERLOADED", "CHANGED", "EARLY"]);
/** Opened, based and run: no honest sequence of answers takes more tries. */
const maxTries = 4;

/**
 * Lets calls into a room only when it is certain where the room ends. A partition opens anew, in a new epoch, in each
 * run of the server; then each room is settled once, on the highest of what the log, the store and the gateways know.
 */
export class PartitionGate {
  readonly #options: GateOptions;
  readonly #keys: readonly PartitionKeys[];
  readonly #highestEpochs: number[];
  /** By partition: the epoch for which this process has reported its floors. */
  readonly #reported = new Map<number, string>();
  readonly #line = new RoomLine();
  readonly #open: (partition: number) => Promise<number>;
  readonly #settle: (room: string) => Promise<void>;

  constructor(options: GateOptions) {
    this.#options = options;
    this.#keys = Array.from({ length: options.partitions }, (_, k) => partitionKeys(options.prefix, k));
    this.#highestEpochs = this.#keys.map(() => 0);
    this.#open = inFlight((partition) => this.#openNow(partition));
    this.#settle = inFlight((room) => settleRoom(options, room, this.keysOf(room)));
  }

  keys(partition: number): PartitionKeys {
    const keys = this.#keys[partition];
    if (keys === undefined) throw new RangeError(`no partition ${partition}`);
    return keys;
  }

  keysOf(room: string): PartitionKeys {
    return this.keys(partitionOf(room, this.#options.partitions));
  }

  /**
   * Runs a script that answers OK, DUPLICATE, OVERLOADED, CHANGED or EARLY, or one of CLOSED, RECOVERING and NEEDS_BASE, and does what the
   * answer asks for until it is one of the first five. The run id and the
   * highest known epoch are put before `args`.
   * Rejects with UNAVAILABLE and a time while the partition recovers, with OVERLOADED as it is.
   */
  async enter(
    room: string,
    script: ScriptName,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<string[]> {
    const { connection, partitions } = this.#options;
    const partition = partitionOf(room, partitions);
    const ticket = this.#line.ticket();
    await this.#line.pass(room, ticket);
    for (let tries = 0; tries < maxTries; tries++) {
      const place = [connection.runId, this.#highestEpochs[partition] ?? 0];
      const [answer, ...rest] = textList(await connection.run(script, keys, [...place, ...args]));
      if (answer === "OK") this.#noteEpoch(partition, rest[0]);
      if (answer !== undefined && finalAnswers.has(answer)) return [answer, ...rest];
      await this.#line.wait(room, ticket, () => this.#answerTo(answer, room));
    }
    throw unavailable("the log is not ready");
  }

  /** Opens every partition in this run of the server, and says how far this process saw its rooms. Returns ms until appends are taken. */
  async openAll(): Promise<number> {
    const waits = await Promise.all(this.#keys.map((_, partition) => this.#open(partition)));
    return Math.max(...waits);
  }

  async #answerTo(answer: string | undefined, room: string): Promise<void> {
    if (answer === "NEEDS_BASE") return this.#settle(room);
    const waitMs = await this.#open(partitionOf(room, this.#options.partitions));
    if (waitMs > 0) throw unavailable("the log is recovering", undefined, waitMs);
  }

  #noteEpoch(partition: number, epoch = "0"): void {
    this.#highestEpochs[partition] = Math.max(this.#highestEpochs[partition] ?? 0, Number(epoch));
  }

  async #openNow(partition: number): Promise<number> {
    const { connection, graceMs, metrics, logger } = this.#options;
    const known = this.#highestEpochs[partition] ?? 0;
    const reply = await connection.run(
      "openPartition",
      [this.keys(partition).meta],
      [connection.runId, graceMs, known],
    );
    const [epoch = "", waitMs = "", opened] = textList(reply);
    this.#noteEpoch(partition, epoch);
    if (opened === "1") {
      metrics.count("weir_log_epochs_total", {});
      logger.warn({ partition, epoch }, "partition opened in a new epoch");
    }
    if (Number(waitMs) > 0 && this.#reported.get(partition) !== epoch) {
      await this.#reportFloors(partition);
      this.#reported.set(partition, epoch);
    }
    return Number(waitMs);
  }

  async #reportFloors(partition: number): Promise<void> {
    const { connection, seen, partitions, keepRoomMs } = this.#options;
    const keys = this.keys(partition);
    const rooms = seen.rooms().filter(([room]) => partitionOf(room, partitions) === partition);
    for (let i = 0; i < rooms.length; i += floorsAtOnce) {
      const some = rooms.slice(i, i + floorsAtOnce);
      await Promise.all(
        some.map(([room, seq]) => connection.run("raiseFloor", [keys.meta, keys.state(room)], [seq, keepRoomMs])),
      );
    }
  }
}
