import { ChatError } from "../protocol/errors.ts";

/** A token, or a way to get one. The function may reject with a ChatError UNAUTHENTICATED to sign out for good. */
export type TokenOption = string | (() => Promise<string>);

/** Keeps the token that works and gets another one only when needed. */
export class TokenSource {
  readonly #option: TokenOption;
  #token: string | undefined;
  #proven = false;

  constructor(option: TokenOption) {
    this.#option = option;
  }

  /** The token that we have, else a new one. Rejects as the user's function does. */
  async current(): Promise<string> {
    this.#token ??= await this.#fetch();
    return this.#token;
  }

  /** A new token, whatever we have. Undefined where there is no way to get one. */
  async renew(): Promise<string | undefined> {
    if (typeof this.#option === "string") return undefined;
    this.#token = await this.#fetch();
    return this.#token;
  }

  /** The server has taken the token, so a refusal of it later means that it went stale. */
  accepted(): void {
    this.#proven = true;
  }

  /**
   * The server refused the token: lets go of it.
   * @returns whether another one may do better
   */
  refused(expired: boolean): boolean {
    const again = typeof this.#option !== "string" && (expired || this.#proven);
    this.#token = undefined;
    this.#proven = false;
    return again;
  }

  async #fetch(): Promise<string> {
    const token = typeof this.#option === "string" ? this.#option : await this.#option();
    if (token === "") throw new ChatError("UNAUTHENTICATED", "the token is empty");
    return token;
  }
}
