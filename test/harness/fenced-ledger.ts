import { once } from "node:events";
import { createServer, type Server } from "node:http";

export interface LedgerWrite {
  readonly who: string;
  readonly token: number;
  /** When it arrived, ms, by `performance.now` of the ledger's process. */
  readonly at: number;
}

/** What only a leader may write to: it refuses a token that is below one that it has seen. Writers are processes of their own. */
export class FencedLedger implements AsyncDisposable {
  readonly accepted: LedgerWrite[] = [];
  readonly refused: LedgerWrite[] = [];
  readonly url: string;
  readonly #server: Server;
  #fence = 0;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.url = `http://127.0.0.1:${port}/`;
    server.on("request", (request, response) => {
      const { searchParams } = new URL(request.url ?? "/", this.url);
      const isTaken = this.#write(searchParams.get("who") ?? "", Number(searchParams.get("token")));
      response.writeHead(isTaken ? 204 : 409).end();
    });
  }

  static async start(): Promise<FencedLedger> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return new FencedLedger(server, address.port);
  }

  /** Who wrote last. */
  get writer(): string | undefined {
    return this.accepted.at(-1)?.who;
  }

  /** What is wrong: a token that two writers had, or a writer that was let in after a later one. */
  flaws(): string[] {
    const owner = new Map<number, string>();
    const flaws: string[] = [];
    let highest = 0;
    for (const { who, token } of this.accepted) {
      if ((owner.get(token) ?? who) !== who) flaws.push(`token ${token} of ${owner.get(token)} and ${who}`);
      if (token < highest) flaws.push(`${who} wrote with ${token} after ${highest}`);
      owner.set(token, who);
      highest = Math.max(highest, token);
    }
    return flaws;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  #write(who: string, token: number): boolean {
    const write = { who, token, at: performance.now() };
    if (token < this.#fence) {
      this.refused.push(write);
      return false;
    }
    this.#fence = token;
    this.accepted.push(write);
    return true;
  }
}
