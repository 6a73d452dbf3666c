import type { Dial, DialTarget, Wire, WireListener } from "../../../src/client/wire.ts";

/** One request of the client, waiting for the test to answer it. */
export interface Asked {
  readonly event: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly answer: (value: unknown) => void;
}

function fieldsOf(payload: unknown): Readonly<Record<string, unknown>> {
  return typeof payload === "object" && payload !== null ? { ...payload } : {};
}

/** One connection, with the test in the place of the server. */
export class ScriptedWire implements Wire {
  readonly target: DialTarget;
  readonly listener: WireListener;
  readonly asked: Asked[] = [];
  closed = false;

  constructor(target: DialTarget, listener: WireListener) {
    this.target = target;
    this.listener = listener;
  }

  emit(event: string, payload: unknown, answered: (answer: unknown) => void = () => undefined): void {
    this.asked.push({ event, payload: fieldsOf(payload), answer: answered });
  }

  close(): void {
    this.closed = true;
  }

  /** The oldest request of that name that was not taken yet. */
  take(event: string): Asked {
    const at = this.asked.findIndex((asked) => asked.event === event);
    const [found] = at < 0 ? [] : this.asked.splice(at, 1);
    if (found === undefined) throw new Error(`nobody asked for ${event}: ${this.asked.map((a) => a.event).join(", ")}`);
    return found;
  }

  has(event: string): boolean {
    return this.asked.some((asked) => asked.event === event);
  }
}

/** A network that does what the test says, when it says so. */
export class ScriptedNetwork {
  readonly wires: ScriptedWire[] = [];

  readonly dial: Dial = (target, listener) => {
    const wire = new ScriptedWire(target, listener);
    this.wires.push(wire);
    return wire;
  };

  /** The newest connection. */
  get wire(): ScriptedWire {
    const wire = this.wires.at(-1);
    if (wire === undefined) throw new Error("nobody dialed");
    return wire;
  }
}
