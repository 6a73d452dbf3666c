/** A thing that lives as long as the process. The supervisor starts services in order and stops them in reverse. */
export interface Service {
  readonly name: string;
  /** Resolves when it works. Called once. */
  start(): Promise<void>;
  /** Stops taking new work and lets go of clients. Optional; called once, before any service stops. Bounded by `signal`. */
  drain?(signal: AbortSignal): Promise<void>;
  /** Idempotent, also after a failed start. Resolves when nothing of it is left. */
  stop(): Promise<void>;
}
