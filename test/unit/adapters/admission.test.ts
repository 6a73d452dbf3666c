import { expect, test } from "vitest";
import { Admission, type AdmissionOptions, type Knock } from "../../../src/adapters/socketio/admission.ts";
import { noShedding } from "../../../src/gateway/load-level.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { silentLogger } from "../../../src/telemetry/logger.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";

function setUp(options: Partial<AdmissionOptions> = {}) {
  const clock = new ManualClock();
  const metrics = createMetrics({ processMetrics: false });
  const admission = new Admission({
    admission: { ratePerSecond: 10, burst: 8 },
    clock,
    random: () => 0,
    metrics,
    logger: silentLogger,
    ...options,
  });
  const knock = (given: Partial<Knock> = {}): number =>
    admission.knock({
      headers: {},
      query: {},
      originAllowed: true,
      opening: { address: "a", draining: false },
      ...given,
    });
  const refusals = async (cause: string): Promise<number> => {
    const { text } = await metrics.scrape();
    return Number(new RegExp(`weir_admission_refusals_total{cause="${cause}"} (\\d+)`).exec(text)?.[1] ?? 0);
  };
  return { admission, clock, knock, refusals };
}

const resuming = { query: { resume: "1" } } as const;

test("without limits of connections everyone has a place, and places are given back without harm", () => {
  const { admission } = setUp();
  for (let i = 0; i < 100; i++) for (const leave of [admission.enter("alice"), admission.takeSeat("a")]) leave();
});

test("a handshake waits for its turn up to five seconds, is refused beyond, and counted by its cause", async () => {
  const { knock, refusals } = setUp();
  const waits = Array.from({ length: 32 }, () => knock());
  expect(waits.slice(0, 8)).toEqual([0, 0, 0, 0, 0, 0, 0, 200]);
  expect(waits.at(-1)).toBe(5_000);
  expect(() => knock()).toThrow("too many handshakes");
  expect(await refusals("rate")).toBe(1);
});

test("clients that resume have a line of their own, and only the value 1 says so", () => {
  const { knock } = setUp({ admissionPatienceMs: 0 });
  for (let i = 0; i < 7; i++) knock();
  expect(() => knock({ query: { resume: "0" } })).toThrow("too many handshakes");
  expect(knock(resuming)).toBe(0);
});

test("requests that open nothing take no turn, and are asked for their origin and their query all the same", () => {
  const { knock } = setUp({ admissionPatienceMs: 0 });
  for (let i = 0; i < 20; i++) expect(knock({ opening: undefined })).toBe(0);
  expect(knock()).toBe(0);
  expect(() => knock({ opening: undefined, originAllowed: false })).toThrow("origin");
  expect(() => knock({ opening: undefined, query: { access_token: "x" } })).toThrow("query string");
});

test("a full address is refused at the door and at its turn, and does not take a turn of the line from others", async () => {
  const { admission, knock, refusals } = setUp({ connectionsPerAddress: 1 });
  const leave = admission.takeSeat("a");
  expect(() => knock()).toThrow("of this address");
  expect(() => admission.takeSeat("a")).toThrow("of this address");
  expect(await refusals("address")).toBe(2);
  expect(knock({ opening: { address: "b", draining: false } })).toBe(0);
  leave();
  expect(() => knock()).not.toThrow();
});

test("a user is refused over its limit, and the check alone takes no place", async () => {
  const { admission, refusals } = setUp({ connectionsPerUser: 1 });
  admission.checkUser("alice");
  const leave = admission.enter("alice");
  expect(() => admission.checkUser("alice")).toThrow("of this user");
  expect(() => admission.enter("alice")).toThrow("of this user");
  admission.enter("bob");
  leave();
  admission.enter("alice");
  expect(await refusals("user")).toBe(2);
});

test("a gateway that leaves, or has too much to do, says so first", async () => {
  const { knock } = setUp();
  expect(() => knock({ opening: { address: "a", draining: true }, originAllowed: false })).toThrow("leaving");
  const busy = setUp({ load: () => ({ ...noShedding, newcomers: "memory" }) });
  expect(() => busy.knock()).toThrow("memory");
  expect(busy.knock({ opening: undefined })).toBe(0);
  expect(await busy.refusals("memory")).toBe(1);
});
