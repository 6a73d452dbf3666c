import { expect, test } from "vitest";
import { guarded } from "../../../loadtests/lib/guarded-socket.ts";

/** As k6's: it throws for what is sent when it is not open, and hangs for ever when it is closed before. */
function touchy() {
  const seen: string[] = [];
  const opened: ((event: object) => void)[] = [];
  const socket = {
    readyState: 0,
    send: (text: string) => {
      if (socket.readyState !== 1) throw new Error("InvalidStateError");
      seen.push(text);
    },
    close: () => {
      if (socket.readyState === 0) throw new Error("would hang");
      socket.readyState = 2;
      seen.push("closed");
    },
    addEventListener: (_event: string, listener: (event: object) => void) => void opened.push(listener),
  };
  const open = (): void => {
    socket.readyState = 1;
    for (const listener of opened) listener({});
  };
  return { seen, open, socket: guarded(socket) };
}

test("what is sent too early or too late goes nowhere and breaks nothing", () => {
  const { seen, open, socket } = touchy();
  socket.send("early");
  open();
  socket.send("now");
  socket.close();
  socket.send("late");
  expect(seen).toEqual(["now", "closed"]);
});

test("one that is still connecting is closed once it is there", () => {
  const { seen, open, socket } = touchy();
  socket.close();
  expect(seen).toEqual([]);
  open();
  expect(seen).toEqual(["closed"]);
});
