import { expect, test } from "vitest";
import { createGateRig, event, messages } from "./gate-rig.ts";

function change(room: string, seq: number, kind: string, target: number): string {
  return event("messages", { room, entries: [{ kind, seq, epoch: "1", target }] });
}

const resync = (room: string, seq: number): string =>
  event("room:resync", { room, from: { epoch: "1", seq }, reason: "slow" });

test.each(["delete", "edit"])(
  "a text that waits for a slow client is not sent after its %s; its room alone is asked for again",
  (kind) => {
    const { pipe } = createGateRig();
    pipe.stall();
    for (const data of ["a", "b"]) pipe.write(data);
    pipe.write(messages("r", 5, 3));
    pipe.write(messages("s", 1));
    pipe.write(change("r", 8, kind, 7));
    pipe.write(messages("r", 9));
    pipe.resume();
    expect(pipe.received).toEqual(["a", "b", messages("s", 1), resync("r", 4)]);
  },
);

test.each([
  ["message that was sent before", "r", "delete", 4],
  ["message after the waiting ones", "r", "delete", 8],
  ["message of another room", "s", "delete", 6],
  ["message that somebody reacts to", "r", "reaction", 6],
])("nothing is given up for a %s", (_, room, kind, target) => {
  const { pipe } = createGateRig();
  pipe.stall();
  for (const data of ["a", "b"]) pipe.write(data);
  pipe.write(messages("r", 5, 3));
  pipe.write(change(room, 9, kind, target));
  pipe.resume();
  expect(pipe.received).toEqual(["a", "b", messages("r", 5, 3), change(room, 9, kind, target)]);
});
