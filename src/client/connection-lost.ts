import { ChatError } from "../protocol/errors.ts";

/** The connection ended before the answer, or there was none. */
export class ConnectionLost extends ChatError {
  /** True where the other side or the network ended the connection, so the request itself may be the cause. */
  readonly abrupt: boolean;

  constructor(abrupt = false) {
    super("UNAVAILABLE", "there is no connection");
    this.abrupt = abrupt;
  }
}
