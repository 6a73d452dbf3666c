import type { Plan } from "./plans.ts";
import type { Arrivals } from "./stages.ts";

/** A plan whose lengths are so many times as long; how many people come in a second stays as it is. */
export function stretched(plan: Plan, times: number): Plan {
  const { party, arrivals } = plan.chat;
  const { visits } = plan;
  return {
    ...plan,
    chat: { party: { ...party, seconds: party.seconds * times }, arrivals: longer(arrivals, times) },
    ...(visits === undefined ? {} : { visits: { ...visits, arrivals: longer(visits.arrivals, times) } }),
  };
}

function longer(arrivals: Arrivals, times: number): Arrivals {
  if (arrivals.kind === "at once") return arrivals;
  if (arrivals.kind === "steady") return { ...arrivals, seconds: arrivals.seconds * times };
  return { ...arrivals, rampSeconds: arrivals.rampSeconds * times, holdSeconds: arrivals.holdSeconds * times };
}
