import { expect, test } from "vitest";
import { CanaryPass } from "../../../src/canary/pass.ts";
import type { TokenVerifier } from "../../../src/gateway/ports.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";

function passWith(): { pass: CanaryPass; verifier: TokenVerifier; asked: string[] } {
  const asked: string[] = [];
  let secrets = 0;
  const pass = new CanaryPass({ user: "canary-1", newSecret: () => `secret-${++secrets}`, clock: new ManualClock() });
  const verifier = pass.guard({
    verify: (token) => {
      asked.push(token);
      return Promise.reject(new Error("refused"));
    },
  });
  return { pass, verifier, asked };
}

test("its secret opens the canary's room, once", async () => {
  const { pass, verifier, asked } = passWith();
  const secret = pass.issue();
  expect(await verifier.verify(secret)).toMatchObject({
    id: "canary-1",
    canary: true,
    admin: false,
    grants: [{ room: "weir:canary", can: ["read", "write"] }],
  });
  await expect(verifier.verify(secret)).rejects.toThrow("refused");
  expect(asked).toEqual([secret]);
});

test("only the newest secret is taken, and everything else is for the verifier of users", async () => {
  const { pass, verifier } = passWith();
  await expect(verifier.verify("undefined")).rejects.toThrow("refused");
  const old = pass.issue();
  const now = pass.issue();
  await expect(verifier.verify(old)).rejects.toThrow("refused");
  await expect(verifier.verify("")).rejects.toThrow("refused");
  expect(await verifier.verify(now)).toMatchObject({ canary: true });
});
