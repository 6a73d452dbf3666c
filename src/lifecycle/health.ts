/** What a probe sees. */
export type Health = { readonly ready: true } | { readonly ready: false; readonly reason: string };

/** Reasons against readiness by name, so that several parts can object and each takes back only its own. */
export class Readiness {
  readonly #reasons = new Map<string, string>([["starting", "starting"]]);

  object(part: string, reason: string): void {
    this.#reasons.set(part, reason);
  }

  clear(part: string): void {
    this.#reasons.delete(part);
  }

  started(): void {
    this.clear("starting");
  }

  current(): Health {
    const reason = [...this.#reasons.values()].join(", ");
    return reason === "" ? { ready: true } : { ready: false, reason };
  }
}
