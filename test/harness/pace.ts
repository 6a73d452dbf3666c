/*
 * Assertions that depend on the pace of the machine: how long something takes, or how evenly, beside other processes. A test that fails in one
 * of them is tried once more, and the run names it. All other assertions of such a test hold at the first try: a lost message is never retried.
 */

const reasons = {
  "handshake storm": "compares round trips in a storm with those before it and with stock Socket.IO's",
  "slow readers": "compares delays of deliveries beside stuck readers with those before them",
  "hostile neighbours": "compares round trips beside hostile peers with those before them",
  "even drain": "counts arrivals per second: a stall moves arrivals into the next second",
  "canary visit": "counts lost visits of gateways: a stall between two visits is such a loss",
  "take-over": "measures from a leader's last sign to the next leader",
  "policy in force": "measures from `kubectl apply` to the last gateway",
  "rooms come back": "measures from an open connection to the last of 200 rooms",
  "grace period": "measures what a pod's end left of its grace period",
} as const;

/** Their names. */
export const paceReasons = Object.keys(reasons);

const prefix = "pace of the machine";

/** The message of such an assertion: `expect(tookMs, byPace("take-over")).toBeLessThan(…)`. */
export function byPace(reason: keyof typeof reasons): string {
  return `${prefix}: ${reason} ${reasons[reason]}`;
}

/** The option of a test that has such assertions: `test(title, onPaceOnly, …)`. */
export const onPaceOnly = { retry: { count: 1, condition: new RegExp(`^${prefix}: `) } } as const;
