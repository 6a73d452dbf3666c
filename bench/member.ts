import { WebSocket } from "ws";

/** How a server's wire looks to a member: Engine.IO and Socket.IO by hand, so that the load costs little. */
export interface Dialect {
  readonly path: string;
  /** Frames to send once the transport is open, in order; each waits for a frame that starts with `until`. */
  readonly greeting: readonly { readonly send: string; readonly until: string }[];
  /** What marks one message inside a frame. */
  readonly mark: string;
}

/** A connection that reads and counts. */
export interface Member {
  readonly socket: WebSocket;
  received(): number;
}

function occurrences(text: string, mark: string): number {
  let count = 0;
  for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + mark.length)) count += 1;
  return count;
}

/** Connects, greets, and resolves once it is in the room. */
export function joinAsMember(port: number, dialect: Dialect): Promise<Member> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${dialect.path}`);
  let received = 0;
  return new Promise((resolve, reject) => {
    const steps = [...dialect.greeting];
    const member: Member = { socket, received: () => received };
    socket.on("error", reject);
    socket.on("close", (code) => reject(new Error(`a member was closed with ${code}`)));
    socket.on("message", (data) => {
      const text = Buffer.isBuffer(data) ? data.toString() : "";
      if (text === "2") return socket.send("3");
      const [step] = steps;
      if (step === undefined) received += occurrences(text, dialect.mark);
      else if (text.startsWith(step.until)) {
        socket.send(step.send);
        steps.shift();
        if (steps.length === 0) resolve(member);
      }
      return undefined;
    });
  });
}
