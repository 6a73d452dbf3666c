import { hasFewStars, isRoomPattern, patternsMax, starsMax } from "./room-policy-pattern.ts";
import type { PolicySettings, RoomPolicySpec } from "./room-policy-spec.ts";
import { textBytesMax } from "./text-limit.ts";

/** What is wrong with a value, to go on from its name: "must be …". Undefined where nothing is. */
type Check = (value: unknown) => string | undefined;
type Checks = Readonly<Record<string, Check>>;

function integer(min: number, max: number): Check {
  return (value) =>
    typeof value === "number" && Number.isInteger(value) && value >= min && value <= max
      ? undefined
      : `must be a whole number from ${min} to ${max}`;
}

const flag: Check = (value) => (typeof value === "boolean" ? undefined : "must be true or false");

function oneOf(...names: readonly string[]): Check {
  return (value) =>
    typeof value === "string" && names.includes(value) ? undefined : `must be one of ${names.join(", ")}`;
}

const rateFields: Checks = { perSecond: integer(1, 10_000), burst: integer(1, 100_000) };

const rate: Check = (value) => {
  if (!isFields(value)) return "must be { perSecond, burst }";
  const fault = faultIn(value, rateFields, ["perSecond", "burst"]);
  if (fault !== undefined) return `has a fault: ${fault}`;
  return Number(value["burst"]) < Number(value["perSecond"]) ? "must have a burst of at least perSecond" : undefined;
};

const ephemeral: Check = (value) => {
  if (!isFields(value) || Object.keys(value).length === 0) return "must be { typing }";
  const fault = faultIn(value, { typing: flag });
  return fault === undefined ? undefined : `has a fault: ${fault}`;
};

const rooms: Check = (value) => {
  if (!Array.isArray(value) || value.length === 0 || value.length > patternsMax)
    return `must be a list of 1 to ${patternsMax} patterns`;
  const bad: unknown = value.find((pattern: unknown) => typeof pattern !== "string" || !isRoomPattern(pattern));
  if (bad !== undefined)
    return `has ${JSON.stringify(bad)}, which is no pattern: names and * split by : or /, with ** only as the whole end`;
  const costly: unknown = value.find((pattern: unknown) => !hasFewStars(String(pattern)));
  if (costly !== undefined) return `has ${JSON.stringify(costly)}, a pattern with more than ${starsMax} stars`;
  return new Set(value).size === value.length ? undefined : "has a pattern twice";
};

const settings: { readonly [K in keyof Required<PolicySettings>]: Check } = {
  rate,
  userRate: rate,
  slowModeSeconds: integer(0, 21_600),
  retentionSeconds: integer(0, 315_360_000),
  textMaxBytes: integer(1, textBytesMax),
  maxMembers: integer(1, 1_000_000),
  ephemeral,
  create: oneOf("anyone", "moderators", "nobody"),
};

/** The first thing that is wrong with what should be a policy; undefined where nothing is. The bounds are those of the ChatRoomPolicy. */
export function faultInPolicy(value: unknown): string | undefined {
  if (!isFields(value)) return "a policy is an object";
  const fault = faultIn(value, { rooms, priority: integer(0, 1_000), ...settings }, ["rooms"]);
  if (fault !== undefined) return fault;
  return Object.keys(settings).some((name) => name in value)
    ? undefined
    : `at least one of ${Object.keys(settings).join(", ")} must be set`;
}

export function isRoomPolicySpec(value: unknown): value is RoomPolicySpec {
  return faultInPolicy(value) === undefined;
}

/** Whether it is what `settings` of a rule may be. */
export function isPolicySettings(value: unknown): value is PolicySettings {
  return isFields(value) && faultIn(value, settings) === undefined;
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function faultIn(value: Fields, checks: Checks, required: readonly string[] = []): string | undefined {
  const missing = required.find((name) => !(name in value));
  if (missing !== undefined) return `${missing} is missing`;
  for (const [name, field] of Object.entries(value)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    const fault = check === undefined ? "is not known here" : check(field);
    if (fault !== undefined) return `${name} ${fault}`;
  }
  return undefined;
}
