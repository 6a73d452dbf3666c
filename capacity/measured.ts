import measured from "./measured.json" with { type: "json" };
import type { Measurement } from "./measurement.ts";

/** The last measurement that was committed. */
export const measurement: Measurement = measured;
