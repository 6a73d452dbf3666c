import { X509Certificate } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, test } from "vitest";
import { CustomMetricsServer } from "../../../src/adapters/custom-metrics/custom-metrics-server.ts";
import {
  type Certificate,
  selfSignedCertificate,
} from "../../../src/adapters/custom-metrics/self-signed-certificate.ts";
import { silentLogger } from "../../../src/telemetry/logger.ts";

const now = Date.now();
/** As the API server has one: known to the cluster by its issuer, which here is itself. */
const frontProxy = selfSignedCertificate(["front-proxy-client"], now);
const stranger = selfSignedCertificate(["front-proxy-client"], now);
const trusted = { ca: frontProxy.cert, allowedNames: ["front-proxy-client"], userHeaders: ["x-remote-user"] };
const user = { "X-Remote-User": "system:serviceaccount:kube-system:horizontal-pod-autoscaler" };

const open: CustomMetricsServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.stop()));
});

async function start(certificate = selfSignedCertificate(["weir.chat.svc"], now)): Promise<CustomMetricsServer> {
  const server = new CustomMetricsServer({
    host: "127.0.0.1",
    port: 0,
    certificate: () => certificate,
    api: ({ url }) => Promise.resolve({ code: 200, body: { asked: url } }),
    logger: silentLogger,
  });
  open.push(server);
  await server.start();
  return server;
}

async function get(
  { port }: CustomMetricsServer,
  as: Partial<Certificate>,
  headers: Record<string, string> = user,
): Promise<{ code: number | undefined; body: unknown }> {
  const sent = request({
    host: "127.0.0.1",
    port,
    path: "/apis",
    headers,
    agent: false,
    ...as,
    rejectUnauthorized: false,
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => sent.on("response", resolve).on("error", reject));
  sent.end();
  const response = await answered;
  return { code: response.statusCode, body: JSON.parse(await text(response)) as unknown };
}

describe("the custom metrics server", () => {
  test("answers the front proxy of the cluster", async () => {
    const server = await start();
    server.trust(trusted);
    expect(await get(server, frontProxy)).toEqual({ code: 200, body: { asked: "/apis" } });
  });

  test.each<[string, Partial<Certificate>, Record<string, string>]>([
    ["who shows no certificate", {}, user],
    ["who shows another's certificate of the same name", stranger, user],
    ["a front proxy that does not say for whom it asks", frontProxy, {}],
  ])("refuses %s", async (_who, as, headers) => {
    const server = await start();
    server.trust(trusted);
    expect(await get(server, as, headers)).toMatchObject({
      code: 401,
      body: { kind: "Status", reason: "Unauthorized" },
    });
  });

  test("refuses a certificate of the right issuer with a name that is not allowed", async () => {
    const server = await start();
    server.trust({ ...trusted, allowedNames: ["aggregator"] });
    expect(await get(server, frontProxy)).toMatchObject({ code: 401 });
    server.trust({ ...trusted, allowedNames: [] });
    expect(await get(server, frontProxy)).toMatchObject({ code: 200 });
  });

  test("refuses everyone until it knows the front proxy, and when there is none any more", async () => {
    const server = await start();
    expect(await get(server, frontProxy)).toMatchObject({ code: 401 });
    server.trust(trusted);
    expect(await get(server, frontProxy)).toMatchObject({ code: 200 });
    server.trust(undefined);
    expect(await get(server, frontProxy)).toMatchObject({ code: 401 });
  });

  test("ends what listens when it is told to, also twice", async () => {
    const server = await start();
    await server.stop();
    await server.stop();
    expect(server.port).toBeUndefined();
  });
});

test("a self-signed certificate is one: signed by its own key, for its names, for years", () => {
  const { cert, key } = selfSignedCertificate(["weir-controller.chat.svc", "weir-controller.chat"], now);
  const parsed = new X509Certificate(cert);
  expect(parsed.verify(parsed.publicKey)).toBe(true);
  expect(parsed.subject).toBe("CN=weir-controller.chat.svc");
  expect(parsed.subjectAltName).toBe("DNS:weir-controller.chat.svc, DNS:weir-controller.chat");
  expect(Date.parse(parsed.validTo)).toBeGreaterThan(now + 9 * 31_557_600_000);
  expect(key).toContain("PRIVATE KEY");
});
