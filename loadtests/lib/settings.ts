/** What a run is told by its environment. */
export interface RunSettings {
  readonly urls: readonly string[];
  readonly path: string;
  /** The secret that the gateways check HS256 tokens with. */
  readonly secret: string;
  /** `/metrics` of gateways. */
  readonly metrics: readonly string[];
  /** Times the number of parties and visitors that the plan has. */
  readonly scale: number;
  /** Times its lengths. */
  readonly stretch: number;
  /** Names the run; undefined where each run makes a name of its own. */
  readonly run: string | undefined;
  /** Users of k6 keep their cookies, so that a balancer with cookies sends them back to where they were. */
  readonly keepsCookies: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws with one line that says what is wrong. */
export function readSettings(environment: Environment): RunSettings {
  const run = environment["RUN"];
  if (run !== undefined && !/^[A-Za-z0-9_]{1,16}$/.test(run)) throw new Error(`RUN=${run}: 1 to 16 letters and digits`);
  return {
    urls: list(required(environment, "URL", "where the gateways are, with commas between several")),
    path: environment["SOCKET_PATH"] ?? "/rt",
    secret: required(environment, "WEIR_JWT_SECRET", "the secret that the gateways have"),
    metrics: list(environment["METRICS"] ?? ""),
    scale: positive(environment, "SCALE"),
    stretch: positive(environment, "STRETCH"),
    run,
    keepsCookies: environment["COOKIES"] === "keep",
  };
}

function required(environment: Environment, name: string, meaning: string): string {
  const value = environment[name];
  if (value === undefined || value === "") throw new Error(`${name} is not set: ${meaning}`);
  return value;
}

function positive(environment: Environment, name: string): number {
  const value = Number(environment[name] ?? 1);
  if (!(value > 0)) throw new Error(`${name}=${environment[name]}: a number above 0`);
  return value;
}

function list(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim().replace(/\/$/, ""))
    .filter((part) => part !== "");
}
