import { expect, test } from "vitest";
import { RoomLine } from "../../../src/adapters/redis/room-line.ts";

function repairable(): {
  readonly repair: () => Promise<void>;
  readonly done: () => void;
  readonly failed: (error: Error) => void;
} {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  return { repair: () => promise, done: () => resolve(), failed: reject };
}

test("calls go on in the order in which they were made, whoever was turned back first", async () => {
  const line = new RoomLine();
  const { repair, done } = repairable();
  const heard: string[] = [];
  const call = async (name: string, turn: Promise<void>): Promise<void> => {
    await turn;
    heard.push(name);
  };
  const [first, second, third] = [line.ticket(), line.ticket(), line.ticket()];
  const calls = [
    call("second", line.wait("r", second, repair)),
    call("third", line.pass("r", third)),
    call("first", line.wait("r", first, repair)),
    call("elsewhere", line.pass("other", line.ticket())),
  ];
  await calls[3];
  done();
  await Promise.all(calls);
  expect(heard).toEqual(["elsewhere", "first", "second", "third"]);
});

test("a repair that fails turns everyone in the line away, and the next call begins anew", async () => {
  const line = new RoomLine();
  const { repair, failed } = repairable();
  const waiting = [line.wait("r", line.ticket(), repair), line.pass("r", line.ticket())];
  failed(new Error("store is down"));
  for (const turn of waiting) await expect(turn).rejects.toThrow("store is down");
  await line.pass("r", line.ticket());
  await line.wait("r", line.ticket(), () => Promise.resolve());
});
