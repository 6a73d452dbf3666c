import { expect, test } from "vitest";
import { flushBatch } from "../../../src/flusher/flush-batch.ts";
import { silentLogger } from "../../../src/telemetry/logger.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";
import type { Refusal } from "../../../src/write-behind/index.ts";
import { createRig, type Rig } from "./gateway-rig.ts";

/** Flushes as the flusher does, over a store that refuses the entry with id `bad`. */
async function flush({ log, store }: Rig, reason: Refusal["reason"]): Promise<void> {
  const batch = await log.read(0, 100);
  const deps = {
    drainer: log,
    writer: {
      write: async (entries: Parameters<typeof store.write>[0]) => {
        const refused = entries.filter(({ id }) => id === "bad");
        await store.write(entries.filter(({ id }) => id !== "bad"));
        return refused.map((entry) => ({ entry, reason, detail: "no" }));
      },
      hold: store.hold.bind(store),
      expire: store.expire.bind(store),
      rooms: store.rooms.bind(store),
    },
    logger: silentLogger,
    metrics: createMetrics({ processMetrics: false }),
  };
  expect(await flushBatch(deps, { partition: 0, token: 1, batch })).toBe("done");
}

const refused = {
  ok: false,
  error: { code: "CONFLICT", retryable: false, message: "the database refused it: it was put aside as a dead letter" },
};

const send = (id: string): readonly ["message:send", object] => [
  "message:send",
  { room: "r", id, text: "x", durability: "stored" },
];

test.each(["invalid", "conflict"] as const)(
  "a send that the database refuses as %s is never answered stored: not the first try, not a retry, and the others are",
  async (reason) => {
    const rig = createRig();
    const alice = rig.open("alice");
    await alice.ask("room:join", { room: "r" });
    const asks = ["good", "bad", "fine"].map((id) => alice.ask(...send(id)));
    await rig.clock.advance(1);
    if (reason === "conflict") {
      const other = {
        kind: "message",
        room: "r",
        epoch: "1",
        seq: 2,
        id: "other",
        from: { id: "bob" },
        at: 1,
      } as const;
      await rig.store.write([other]);
    }
    await flush(rig, reason);
    const stored = { ok: true, durability: "stored" };
    expect(await Promise.all(asks)).toMatchObject([stored, refused, stored]);
    expect(await alice.ask(...send("bad"))).toMatchObject(refused);
    expect(await alice.ask(...send("good"))).toMatchObject({ ...stored, duplicate: true });
  },
);

test.each([
  ["edit", "message:edit", { text: "y" }],
  ["reaction", "message:react", { emoji: "👍", on: true }],
  ["delete", "message:delete", {}],
] as const)("so is a refused %s", async (_, event, more) => {
  const rig = createRig({ durability: "stored" });
  const alice = rig.open("alice");
  await alice.ask("room:join", { room: "r" });
  const first = alice.ask(...send("good"));
  await rig.clock.advance(1);
  await flush(rig, "invalid");
  expect(await first).toMatchObject({ ok: true });
  const change = alice.ask(event, { room: "r", id: "bad", target: 1, ...more });
  await rig.clock.advance(1);
  await flush(rig, "invalid");
  expect(await change).toMatchObject(refused);
});

test("a send whose mark was missed is answered by what the database has", async () => {
  const rig = createRig();
  const alice = rig.open("alice");
  await alice.ask("room:join", { room: "r" });
  await rig.log.unsubscribe("r");
  const asks = ["good", "bad"].map((id) => alice.ask(...send(id)));
  await rig.clock.advance(1);
  await flush(rig, "invalid");
  rig.log.interrupt();
  await rig.clock.advance(1);
  expect(await Promise.all(asks)).toMatchObject([{ ok: true, durability: "stored" }, refused]);
});
