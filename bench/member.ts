import { setTimeout as wait } from "node:timers/promises";
import { WebSocket } from "ws";

/** One frame to send, or nothing where it is empty, once a frame has come that starts with `until`. */
export interface Step {
  readonly send: string;
  readonly until: string;
}

/** How a server's wire looks to a member: Engine.IO and Socket.IO by hand, so that the load costs little. */
export interface Dialect {
  readonly path: string;
  /** The member speaks first. */
  readonly opens?: boolean;
  /** What to say until the member is in. */
  readonly greeting: readonly Step[];
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

/** What servers send to see whether a client lives, and what it answers. */
const pongs: ReadonlyMap<string, string> = new Map([
  ["2", "3"],
  ["{}", "{}"],
]);

/** A server that refuses new clients for now says so with one of these, or once they are connected with `retryAfterMs`. */
const comeBack = new Set([429, 503]);
const tries = 50;

/** Connects, greets, and resolves once it is in the room. Comes back where it is told to. */
export async function joinAsMember(
  port: number,
  dialect: Dialect,
  onFrame: (text: string) => void = () => {},
): Promise<Member> {
  for (let i = 0; i < tries; i++) {
    const member = await joinOnce(port, dialect, onFrame);
    if (member !== undefined) return member;
    await wait(200);
  }
  throw new Error("a member was refused too often");
}

/** Undefined where the server takes nobody now. */
function joinOnce(port: number, dialect: Dialect, onFrame: (text: string) => void): Promise<Member | undefined> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${dialect.path}`);
  let received = 0;
  return new Promise((resolve, reject) => {
    const steps = [...dialect.greeting];
    socket.on("error", reject);
    socket.on("close", (code) => reject(new Error(`a member was closed with ${code}`)));
    socket.on("unexpected-response", (_request, { statusCode = 0 }) => {
      if (comeBack.has(statusCode)) resolve(undefined);
      else reject(new Error(`a member was refused with ${statusCode}`));
    });
    if (dialect.opens === true) socket.on("open", () => socket.send(steps.shift()?.send ?? ""));
    socket.on("message", (data) => {
      const text = Buffer.isBuffer(data) ? data.toString() : "";
      const [step] = steps;
      const pong = pongs.get(text);
      if (pong !== undefined) socket.send(pong);
      else if (steps.length > 0 && text.startsWith("44")) {
        if (text.includes('"retryAfterMs"')) resolve(undefined);
        else reject(new Error(`a member was refused with ${text}`));
        socket.terminate();
      } else if (step === undefined) {
        received += occurrences(text, dialect.mark);
        onFrame(text);
      } else if (text.startsWith(step.until)) {
        if (step.send !== "") socket.send(step.send);
        steps.shift();
        if (steps.length === 0) resolve({ socket, received: () => received });
      }
    });
  });
}
