import { expect, test } from "vitest";
import {
  type FrontProxy,
  FrontProxyTrust,
  frontProxyOf,
} from "../../../src/controller/metrics-api/front-proxy-trust.ts";
import type { KubeObject } from "../../../src/controller/ports/kube.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { silentLogger } from "../../../src/telemetry/logger.ts";

const data = {
  "requestheader-client-ca-file": "PEM",
  "requestheader-allowed-names": '["front-proxy-client"]',
  "requestheader-username-headers": '["X-Remote-User"]',
};
const known: FrontProxy = { ca: "PEM", allowedNames: ["front-proxy-client"], userHeaders: ["x-remote-user"] };

function configMap(change: Readonly<Record<string, string | undefined>> = {}): KubeObject {
  return { metadata: { name: "extension-apiserver-authentication" }, data: { ...data, ...change } };
}

test("the front proxy is who the cluster says it is", () => {
  expect(frontProxyOf(configMap())).toEqual(known);
});

test.each([
  { "requestheader-client-ca-file": undefined },
  { "requestheader-client-ca-file": "" },
  { "requestheader-username-headers": "[]" },
  { "requestheader-username-headers": "no JSON" },
  { "requestheader-allowed-names": "no JSON" },
  { "requestheader-allowed-names": "[1]" },
])("there is none in a config map with %j", (change) => {
  expect(frontProxyOf(configMap(change))).toBeUndefined();
});

test("any certificate of the issuer is taken where the cluster names none", () => {
  expect(frontProxyOf(configMap({ "requestheader-allowed-names": undefined }))?.allowedNames).toEqual([]);
});

test("what was known stays while the cluster can't be asked, a change is taken up, and the first look is repeated soon", async () => {
  const clock = new ManualClock();
  const looks: (FrontProxy | undefined)[] = [];
  let answer: () => Promise<KubeObject> = () => Promise.reject(new Error("away"));
  const options = { clock, logger: silentLogger, onLook: (proxy: FrontProxy | undefined) => void looks.push(proxy) };
  const trust = new FrontProxyTrust({ ...options, api: { get: () => answer() } });
  await trust.start();
  await clock.advance(0);
  expect(looks).toEqual([undefined]);
  answer = () => Promise.resolve(configMap());
  await clock.advance(5_000);
  expect(looks.at(-1)).toEqual(known);
  answer = () => Promise.reject(new Error("away"));
  await clock.advance(60_000);
  expect(looks.at(-1)).toEqual(known);
  answer = () => Promise.resolve(configMap({ "requestheader-client-ca-file": "NEW" }));
  await clock.advance(5_000);
  expect(looks.at(-1)?.ca).toBe("NEW");
  await trust.stop();
});
