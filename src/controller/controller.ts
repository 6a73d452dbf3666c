import type { Led } from "../leadership/lease.ts";
import type { Loop } from "./loop.ts";

/** The work of the controller that leads: all its loops, until its term is over. */
export function createController(loops: readonly Loop[]): Led {
  return {
    lead: async (_token, signal) => {
      await Promise.all(loops.map((loop) => loop.run(signal)));
    },
  };
}
